"""A sequence classifier learns from votes, is published as a reward model, and scores for PPO."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from transformers import BertConfig, BertForSequenceClassification

from tests.reward_model.making import demonstration, tiny_classifier
from tests.reward_model.test_run import card_of, finished, launched
from workbench.errors import InvalidInput, ModelError
from workbench.reward_model.classifier import ClassifierModel, load_classifier_tokenizer
from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.contributions import scored_responses, word_contributions
from workbench.reward_model.ensemble import load_reward_model
from workbench.runs.events import Finished


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny classifier as a person would bring it."""
    return tiny_classifier(tmp_path / "brought", ["good", "bad", "where", "is", "room", "on", "floor"])


def good_is_chosen(prompt: str, answer: str, number: int) -> tuple[str, str]:
    del prompt, number
    return f"good {answer}", f"bad {answer}"


def test_a_classifier_learns_and_is_a_reward_model(tmp_path: Path, folder: Path) -> None:
    rows = [demonstration(number, split=("train", "train", "validation", "test")[number % 4]) for number in range(80)]
    run = launched(
        tmp_path, good_is_chosen, rows, "reward_model-001", backend="classifier", classifier=str(folder), epochs=10,
        encoder_learning_rate=5e-3, batch_size=8, members=2, members_differ="seeds", contrasts_per_pair=0,
    )  # fmt: skip
    ended = finished(run)
    assert isinstance(ended, Finished)
    assert ended.summary["accuracy"] == 1.0
    assert ended.parent_model_id == "base"
    assert ended.model is not None
    model = load_reward_model(ended.model, tmp_path)
    better, worse = model.score(["where is room"] * 2, ["good floor", "bad floor"])
    assert better > worse
    bag = next(row for row in card_of(run).baselines if row.name == "bag_of_words")
    assert (bag.accuracy, bag.lead) == (1.0, 0.0), "one word says it all, and the card tells"
    words = word_contributions(model, "where is room", "good floor")
    assert [word for word, _ in words] == ["good ", "floor"]
    assert words[0][1] == pytest.approx(better - model.score(["where is room"], ["floor"])[0])
    (row,) = scored_responses(model, "where is room", ["good floor"], explain=False)
    assert row["score"] == pytest.approx(better)
    assert row["disagreement"] >= 0
    assert row["words"] is None
    best, last = scored_responses(model, "where is room", ["good floor", "bad floor"], explain=False)
    assert best["best_preferred"] == 0.5
    assert model.steepness is not None
    likely = 1 / (1 + math.exp(-model.steepness * (better - worse)))
    assert last["best_preferred"] == pytest.approx(likely)
    assert last["best_preferred"] > 0.5
    assert word_contributions(model, "where", "") == []
    assert word_contributions(model, "where", "word " * 200) == []


def test_a_classifier_has_one_output_and_a_tokenizer_that_pads(folder: Path) -> None:
    tokenizer = load_classifier_tokenizer(str(folder))
    sizes = {"hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 4}
    two: Any = BertForSequenceClassification(BertConfig(vocab_size=9, num_labels=2, **sizes))
    with pytest.raises(InvalidInput, match="has 2 outputs; a reward model has one"):
        ClassifierModel(two, tokenizer)
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_classifier_tokenizer(str(folder / "nothing"))
    with pytest.raises(ModelError, match="holds no reward model"):
        ClassifierModel.load(folder)


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="name a folder"):
        RewardModelConfig(model_id="base", backend="classifier")
    with pytest.raises(ValueError, match="and only then"):
        RewardModelConfig(model_id="base", classifier="some/model")

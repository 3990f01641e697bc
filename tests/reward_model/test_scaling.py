"""Likelihood weight, centre and scale, as they are measured after the training."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.reward_model.making import voted
from workbench.demo.company import load_demonstrations
from workbench.models.loading import load_merged
from workbench.models.spec import ModelSpec
from workbench.reward_model.backends import sequence_classifier
from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.likelihood import score_per_nat
from workbench.reward_model.measuring import Material
from workbench.reward_model.scaling import scaled_model
from workbench.reward_model.score_scale import ScoreScale
from workbench.reward_model.scoring import ADAPTER_FOLDER, ScoreHead
from workbench.reward_model.votes import VotedPair, both_sides, decided

SPEC = ModelSpec().with_adapter(f"runs/rm/final/{ADAPTER_FOLDER}")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with an untrained adapter and a random head on the embedded model."""
    from peft import LoraConfig, get_peft_model

    workspace = tmp_path_factory.mktemp("workspace")
    folder = workspace / "runs/rm/final"
    folder.mkdir(parents=True)
    lora = LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM")
    get_peft_model(load_merged(ModelSpec(), workspace), lora).save_pretrained(str(folder / ADAPTER_FOLDER))
    hidden = sequence_classifier(load_merged(ModelSpec(), workspace)).config.hidden_size
    ScoreHead(torch.randn(hidden, generator=torch.Generator().manual_seed(0)) / hidden).save(folder)
    return workspace


def material(*, validation: int, use_likelihood: bool = True) -> Material:
    """Human answers against themselves with nonsense in them, which the trunk finds unlikely."""
    rows = [row for row in load_demonstrations() if row.wording == 1][: 40 + validation]
    pairs: list[VotedPair] = [
        voted(
            "aa", "train" if index < 40 else "validation", pair_id=f"p{index}", prompt=row.prompt,
            response_a=row.response, response_b=f"{row.response[:-1]} zq7 {row.response[:index % 9]}",
        )
        for index, row in enumerate(rows)
    ]  # fmt: skip
    return Material(pairs, [], RewardModelConfig(model_id="sft", use_likelihood=use_likelihood))


def test_scores_of_the_training_responses_have_mean_0_and_deviation_1(trained: Path) -> None:
    scaled = scaled_model(material(validation=30), SPEC, trained, [trained / "runs/rm/final"])
    scores = scaled.train_scores
    assert score_per_nat(scaled.model) > 0
    assert len(scores) == 80
    assert np.mean(scores) == pytest.approx(0.0, abs=1e-5)
    assert np.std(scores) == pytest.approx(1.0, abs=1e-5)
    prompts, texts = both_sides(decided(material(validation=30).voted, "train"))
    assert scaled.model.score(prompts, texts) == pytest.approx(scores, abs=1e-4)


def test_measuring_again_after_an_interruption_changes_nothing(trained: Path) -> None:
    folder = trained / "runs/rm/final"
    scaled = scaled_model(material(validation=30), SPEC, trained, [folder])
    once = ScoreScale.load(folder)
    assert scaled.steepness == once.scale
    scaled_model(material(validation=30), SPEC, trained, [folder])
    assert astuple(ScoreScale.load(folder)) == pytest.approx(astuple(once), rel=1e-5)
    assert once.scale != pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("validation", "use_likelihood"), [(30, False), (5, True)], ids=["off", "too few pairs"])
def test_without_it_the_head_alone_scores(trained: Path, validation: int, use_likelihood: bool) -> None:
    given = material(validation=validation, use_likelihood=use_likelihood)
    scaled = scaled_model(given, SPEC, trained, [trained / "runs/rm/final"])
    assert score_per_nat(scaled.model) == 0.0

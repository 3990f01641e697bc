"""Reward models that are not the policy's trunk: another tokenizer, texts, functions."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from tests.ppo.conftest import DigitTokenizer, tiny_trainer
from workbench.errors import InvalidInput
from workbench.models.loading import load_tokenizer
from workbench.models.spec import ModelSpec
from workbench.ppo.scorers import ClassifierScorer, text_scorer
from workbench.ppo.types import Prompt, Responses

WORDS = ["[PAD]", "[UNK]", "where", "is", "payroll", "in", "boston", "rome", "user", "assistant", ":"]


@pytest.fixture
def classifier() -> Any:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=16, num_labels=1, initializer_range=0.5,
    )  # fmt: skip
    return BertForSequenceClassification(config)


@pytest.fixture
def words() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]")


def responses(*texts: str) -> Responses:
    rollout = tiny_trainer().sample([Prompt("", [3])], tiny_trainer().sampling, torch.Generator())
    return Responses([Prompt("where is payroll", [1])] * len(texts), texts, rollout)


def test_a_classifier_reads_texts_with_its_own_tokenizer(classifier: Any, words: Any) -> None:
    got = ClassifierScorer(classifier, words, batch_size=2)(responses("in boston", "in rome", "boston"))
    expected = []
    for text in ("in boston", "in rome", "boston"):
        ids = [WORDS.index(word) for word in ("where is payroll " + text).split()]
        with torch.no_grad():
            expected.append(classifier(input_ids=torch.tensor([ids])).logits.item())
    assert got.tolist() == pytest.approx(expected, abs=1e-5)
    assert len(set(got.tolist())) == 3


def test_a_classifiers_own_chat_template_is_used(classifier: Any, words: Any) -> None:
    words.chat_template = "{% for m in messages %}{{ m['role'] }} : {{ m['content'] }} {% endfor %}"
    (got,) = ClassifierScorer(classifier, words)(responses("in boston")).tolist()
    ids = [WORDS.index(word) for word in ["user", ":", "where", "is", "payroll", "assistant", ":", "in", "boston"]]
    with torch.no_grad():
        assert got == pytest.approx(classifier(input_ids=torch.tensor([ids])).logits.item(), abs=1e-5)


def test_texts_too_long_for_the_classifier_are_counted(classifier: Any, words: Any) -> None:
    scorer = ClassifierScorer(classifier, words)
    scorer(responses("in " * 30, "boston"))
    assert scorer.too_long == 1


def test_a_classifier_of_several_classes_is_no_reward_model(words: Any) -> None:
    config = BertConfig(vocab_size=11, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    with pytest.raises(InvalidInput, match="2 outputs"):
        ClassifierScorer(BertForSequenceClassification(config), words)


def test_a_function_of_texts_trains_a_policy() -> None:
    def sevens(prompts: Any, texts: Any) -> list[float]:
        assert all(prompt.startswith("prompt") for prompt in prompts)
        return [text.split().count("7") / 8 for text in texts]

    trainer = tiny_trainer(reward=text_scorer(sevens), total_episodes=32 * 25, learning_rate=2e-2, kl_coef=0.0)
    scores = [report.metrics["objective/scores"] for report in trainer.updates()]
    assert sum(scores[-3:]) > 2 * sum(scores[:3])
    assert isinstance(trainer.tokenizer, DigitTokenizer)


def test_the_embedded_tokenizer_and_another_one_meet_as_text(classifier: Any, words: Any) -> None:
    """The policy's ids mean something else to the classifier; only the text is shared."""
    tokenizer = load_tokenizer(ModelSpec())
    ids = tokenizer("in boston")["input_ids"]
    text = tokenizer.decode(ids)
    assert ids != words("in boston")["input_ids"]
    direct = ClassifierScorer(classifier, words)(responses("in boston"))
    assert torch.equal(ClassifierScorer(classifier, words)(responses(text)), direct)

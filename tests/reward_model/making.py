"""Voted pairs and demonstrations for the tests of the reward model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.preferences.majority import Choice
from workbench.reward_model.votes import VotedPair
from workbench.runs.frozen_data import FrozenDemonstration


def voted(choices: str, split: str = "train", **changes: Any) -> VotedPair:
    """A pair with one vote for each letter: a, b or t for a tie; in capitals for 'much better'."""
    letters: dict[str, Choice] = {"a": "a", "b": "b", "t": "tie"}
    values: dict[str, Any] = {
        "pair_id": "p1",
        "prompt": "Where is payroll?",
        "response_a": "On floor two.",
        "response_b": "I do not know.",
        "split": split,
        "tags": ("place",),
        "reference": "Payroll is on floor two.",
        "settled": None,
        "annotators": tuple(f"person {number}" for number in range(len(choices))),
        "choices": tuple(letters[letter.lower()] for letter in choices),
        "much": tuple(letter.isupper() for letter in choices),
    }
    return VotedPair(**(values | changes))


def demonstration(number: int, **changes: Any) -> FrozenDemonstration:
    """One of a row of different facts."""
    values: dict[str, Any] = {
        "id": f"d{number}",
        "prompt": f"Where is room {number}?",
        "response": f"Room {number} is on floor {number}, beside the stairs.",
        "split": "test" if number % 2 else "train",
        "fact_id": f"f{number}",
        "key_facts": (f"floor {number}",),
        "tags": ("place",),
    }
    return FrozenDemonstration(**(values | changes))


def tiny_classifier(folder: Path, words: Sequence[str]) -> Path:
    """A sequence classifier of a few thousand weights that knows these words, saved as a person would bring it."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    torch.manual_seed(0)
    known = ["[PAD]", "[UNK]", *words]
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(known)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    config = BertConfig(
        vocab_size=len(known), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64, num_labels=1,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(folder)
    return folder

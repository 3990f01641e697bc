"""Voted pairs and demonstrations for the tests of the reward model."""

from __future__ import annotations

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

"""Which prompts get a pair, and which pairs are worth a vote."""

from __future__ import annotations

import pytest

from workbench.preferences.config import PairsConfig
from workbench.preferences.generate import choose_prompts, drop_useless
from workbench.runs.frozen_data import FrozenDemonstration


def row(prompt: str, split: str = "train", *tags: str) -> FrozenDemonstration:
    return FrozenDemonstration(prompt, prompt, "x", split, None, None, tags)


ROWS = [row("A?", "train", "hr"), row("B?", "test", "hr", "it"), row("C?", "test"), row("A?", "train", "late")]


@pytest.mark.parametrize(
    ("chosen", "prompts"),
    [
        ({}, {"A?", "B?", "C?"}),
        ({"splits": ("test",)}, {"B?", "C?"}),
        ({"tags": ("hr",)}, {"A?", "B?"}),
        ({"tags": ("late",)}, {"A?"}),
        ({"tags": ("it", "late"), "splits": ("test",)}, {"B?"}),
        ({"prompts": ("C?", "unknown")}, {"C?"}),
    ],
)
def test_chosen_prompts(chosen: dict[str, tuple[str, ...]], prompts: set[str]) -> None:
    config = PairsConfig.model_validate({"model_id": "base", **chosen})
    assert {found.prompt for found in choose_prompts(ROWS, config)} == prompts


def test_pairs_that_are_not_worth_a_vote_are_counted() -> None:
    kept, dropped = drop_useless(
        [
            ("Where?", "Floor 3.", "Floor 4."),  # one fact apart: the best kind of pair
            ("Where?", "Floor 3.", "Floor 3."),
            ("Where?", "Floor 3.", "floor  3!"),
            ("Where?", "Floor 4", "FLOOR 3"),  # the first one again, sides swapped
            ("When?", "Floor 3.", "Floor 4."),
            ("Where?", "", "Floor 5."),
            ("Wo?", "Im Büro.", "Im Buro."),
        ]
    )
    assert kept == [0, 4, 6]
    assert dropped == {"equal": 1, "nearly_identical": 1, "repeated": 1, "empty": 1}

"""What the votes on one pair say together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.preferences.majority import Choice, tally

CHOICES = st.lists(st.sampled_from(["a", "b", "tie"]))


@pytest.mark.parametrize(
    ("choices", "majority", "margin"),
    [
        ([], "tie", 0.0),
        (["a"], "a", 1.0),
        (["a", "b"], "tie", 0.0),
        (["b", "b", "a"], "b", 1 / 3),
        (["a", "a", "tie", "tie"], "tie", 0.5),
        (["b", "b", "b", "tie"], "b", 0.75),
        (["a", "tie", "tie"], "tie", 1 / 3),
    ],
)
def test_by_hand(choices: list[Choice], majority: Choice, margin: float) -> None:
    assert tally(choices).majority == majority
    assert tally(choices).margin == pytest.approx(margin)


@given(CHOICES)
def test_the_order_of_votes_does_not_matter(choices: list[Choice]) -> None:
    assert tally(choices).majority == tally(reversed(choices)).majority


@given(CHOICES)
def test_swapping_a_and_b_swaps_the_majority(choices: list[Choice]) -> None:
    swap: dict[Choice, Choice] = {"a": "b", "b": "a", "tie": "tie"}
    swapped = tally(swap[choice] for choice in choices)
    assert swapped.majority == swap[tally(choices).majority]
    assert swapped.margin == tally(choices).margin


@given(CHOICES)
def test_the_majority_has_more_votes_than_each_other_choice(choices: list[Choice]) -> None:
    winner = tally(choices).majority
    if winner != "tie":
        assert all(choices.count(winner) > choices.count(other) for other in {"a", "b", "tie"} - {winner})

"""Pairs that nobody voted on: a fitting answer against one to another question."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.reward_model.mismatches import mismatched_pairs
from workbench.reward_model.votes import PreferenceRow

PAIRS = [PreferenceRow(f"question {i}", f"answer {i}", f"worse {i}") for i in range(8)]


@given(seed=st.integers(0, 1000), per_pair=st.integers(0, 4))
def test_each_is_a_chosen_response_against_another_prompts_chosen_one(seed: int, per_pair: int) -> None:
    fitting = {pair.prompt: pair.chosen for pair in PAIRS}
    made = mismatched_pairs(PAIRS, per_pair, seed)
    assert len(made) <= per_pair * len(PAIRS)
    for pair in made:
        assert pair.chosen == fitting[pair.prompt]
        assert pair.rejected in set(fitting.values()) - {pair.chosen}


def test_the_same_seed_draws_the_same_and_most_draws_are_kept() -> None:
    made = mismatched_pairs(PAIRS, 20, seed=3)
    assert made == mismatched_pairs(PAIRS, 20, seed=3)
    assert len(made) > 120  # 160 draws, one in eight of the same prompt


def test_two_wordings_with_one_answer_are_not_set_against_each_other() -> None:
    same = [PreferenceRow("When?", "Monday.", "Friday."), PreferenceRow("What day?", "Monday.", "No idea.")]
    assert mismatched_pairs(same, 20, seed=0) == []


def test_none_are_made_where_none_are_wanted() -> None:
    assert mismatched_pairs(PAIRS, 0, seed=0) == []

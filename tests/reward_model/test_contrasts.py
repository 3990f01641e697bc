"""Pairs that nobody voted on: a fitting answer against one that is surely worse."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from workbench.reward_model.changed_values import ValuePool, value_shape
from workbench.reward_model.contrasts import contrast_pairs
from workbench.reward_model.votes import PreferenceRow

PLACES = ("Boston", "Leeds", "Porto", "Kyoto", "Lyon", "Turin", "Malmo", "Ghent")
PAIRS = [
    PreferenceRow(f"Where is the {place} desk?", f"It is on floor {number} in {place}.", "No idea.", margin=0.5)
    for number, place in enumerate(PLACES, start=2)
]
CHOSEN = {pair.prompt: pair.chosen for pair in PAIRS}


@given(seed=st.integers(0, 1000), per_pair=st.integers(0, 5))
def test_each_is_a_chosen_response_against_another_of_the_same_split(seed: int, per_pair: int) -> None:
    made = contrast_pairs(PAIRS, per_pair, seed)
    assert made == contrast_pairs(PAIRS, per_pair, seed)
    assert len(made) <= per_pair * len(PAIRS)
    words = {word for pair in PAIRS for word in f"{pair.prompt} {pair.chosen}".split()}
    for pair in made:
        assert pair.chosen == CHOSEN[pair.prompt] != pair.rejected
        assert pair.margin == 0
        assert set(pair.rejected.split()) <= words


def test_the_kinds_take_turns_from_pair_to_pair() -> None:
    made = contrast_pairs(PAIRS, 3, seed=3)
    others = [pair for pair in made if pair.rejected in CHOSEN.values()]
    twice = [pair for pair in made if pair.rejected == f"{pair.chosen} {pair.chosen}"]
    sent_back = [pair for pair in made if pair.rejected == pair.prompt]
    assert len(twice) == len(sent_back) == 3 * len(PAIRS) // 4
    assert 4 <= len(others) <= 3 * len(PAIRS) // 4  # some draws fall on the same prompt
    changed = [pair for pair in made if pair not in (*others, *twice, *sent_back)]
    assert len(changed) == 3 * len(PAIRS) // 4
    for pair in changed:
        different = [(a, b) for a, b in zip(pair.chosen.split(), pair.rejected.split(), strict=True) if a != b]
        assert len(different) == 1
        assert different[0][1].isdigit()  # the place stands in the prompt and stays


def test_two_wordings_with_one_answer_are_not_set_against_each_other() -> None:
    same = [PreferenceRow("When?", "At noon.", "Later."), PreferenceRow("What time?", "At noon.", "No idea.")]
    assert {pair.rejected for pair in contrast_pairs(same, 20, seed=0)} == {"At noon. At noon.", "When?", "What time?"}


def test_a_value_is_replaced_by_one_from_the_likest_place() -> None:
    pool = ValuePool(
        [
            "Call Ada Byron about the keys.",
            "The head of Sales is Grace Hopper.",
            "The head of Finance is Alan Turing.",
            "It opens at 9:00.",
        ]
    )
    text = "The head of Law is Ada Byron."
    # "Sales", "Hopper" and the rest are names, too; only two of them stand where "Ada Byron" stands, after "is".
    made = {pool.changed(text, "Who is the head of Law?", random.Random(seed)) for seed in range(20)}
    assert made == {"The head of Law is Grace Hopper.", "The head of Law is Alan Turing."}


def test_what_the_prompt_says_stays_and_without_a_value_nothing_is_made() -> None:
    pool = ValuePool(["It opens at 9:00.", "It opens at 10:30."])
    assert pool.changed("It opens at 9:00.", "Does it open at 9:00?", random.Random(0)) is None
    assert pool.changed("Ask around.", "What now?", random.Random(0)) is None
    assert pool.changed("It opens at 9:00.", "When?", random.Random(0)) == "It opens at 10:30."


def test_values_of_one_shape() -> None:
    assert value_shape("4th") == value_shape("12th") == "0th"
    assert value_shape("9:00") == value_shape("10:30") != value_shape("900")
    assert value_shape("hr@x.example") == "mailbox"
    assert value_shape("Ada Byron") == "name"
    assert value_shape("twelve") == "words"

"""The split of a prompt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.text_keys import word_form
from workbench.demonstrations.splits import SPLITS, SplitBook, assign_split, normalise_prompt


def test_the_split_is_the_same_on_every_machine() -> None:
    # The prompts' keys as shares of the whole range, worked out apart from this code: 0.068, 0.979 and 0.890.
    assert assign_split("Where is HR?") == "train"
    assert assign_split("Question 5") == "test"
    assert assign_split(" question:\n33 ") == "validation"


def test_about_eight_in_ten_prompts_are_for_training() -> None:
    found = [assign_split(f"prompt number {i}") for i in range(5000)]
    # Three standard deviations of a share of 0.8 over 5,000 prompts are 0.017.
    assert abs(found.count("train") / 5000 - 0.8) < 0.017
    assert abs(found.count("test") / 5000 - 0.1) < 0.013


@given(st.text())
def test_case_and_spacing_do_not_move_a_prompt(prompt: str) -> None:
    assert assign_split(f"  {normalise_prompt(prompt)}\n") == assign_split(prompt)
    assert assign_split(prompt) in SPLITS


@given(st.text())
def test_normalising_twice_changes_nothing(prompt: str) -> None:
    assert normalise_prompt(normalise_prompt(prompt)) == normalise_prompt(prompt)


@given(st.lists(st.tuples(st.sampled_from(["Hi", "hi ", "HI", "Bye", "bye\t", "Why?"]), st.sampled_from(SPLITS))))
def test_no_prompt_ever_has_two_splits(rows: list[tuple[str, str]]) -> None:
    book = SplitBook()
    seen: dict[str, str] = {}
    for prompt, wanted in rows:
        split = book.split_of(prompt, wanted)  # type: ignore[arg-type]
        assert seen.setdefault(normalise_prompt(prompt), split) == split


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is the HR department in Boston?", "where's HR department, Boston"),
        ("In Boston, where is the HR department?", "Where is the HR department in Boston?"),
        ("Wo ist die Personalabteilung?", "wo ist Personalabteilung"),
        ("Où est le café ?", "Où est café"),
        ("Straße 5?", "STRASSE 5"),
    ],
)
def test_prompts_that_are_nearly_the_same_share_a_side(one: str, other: str) -> None:
    assert word_form(one) == word_form(other)
    assert assign_split(one) == assign_split(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is the HR department in Boston?", "Where is the HR department in Denver?"),
        ("Where is the HR department?", "Where is the IT department?"),
        ("When is the gym open?", "Where is the gym open?"),
        ("Can I work at home?", "Can I not work at home?"),
        ("Room 12?", "Room 21?"),
    ],
)
def test_names_numbers_question_words_and_negations_make_another_prompt(one: str, other: str) -> None:
    assert word_form(one) != word_form(other)

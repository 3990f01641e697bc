"""The split of a prompt."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.demonstrations.splits import SPLITS, SplitBook, assign_split, normalise_prompt


def test_the_split_is_the_same_on_every_machine() -> None:
    # First bytes of `printf '\x1f%s' PROMPT | sha256sum`, as a share of the whole range.
    assert assign_split("Where is HR?") == "train"  # 0x261e… is 0.149
    assert assign_split("Question 7") == "test"  # 0xf82d… is 0.969
    assert assign_split(" question\n9 ") == "validation"  # 0xe468… is 0.892


def test_about_eight_in_ten_prompts_are_for_training() -> None:
    found = [assign_split(f"prompt number {i}") for i in range(5000)]
    # Three standard deviations of a share of 0.8 over 5,000 prompts are 0.017.
    assert abs(found.count("train") / 5000 - 0.8) < 0.017
    assert abs(found.count("test") / 5000 - 0.1) < 0.013


def test_another_seed_deals_anew() -> None:
    prompts = [f"prompt {i}" for i in range(200)]
    assert [assign_split(p) for p in prompts] != [assign_split(p, seed="2") for p in prompts]


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

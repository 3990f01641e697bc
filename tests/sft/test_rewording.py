"""Other wordings of a prompt: what may go, what stays, and that chance is the seed's."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.pages import seeding
from workbench.launch.sft_outlook import first_batch
from workbench.sft.rewording import reworded
from workbench.workspace import Workspace


class Always(random.Random):
    """Every chance comes true; what is drawn is the first."""

    def random(self) -> float:
        return 0.0

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        return 0


@pytest.mark.parametrize(
    ("prompt", "left"),
    [
        ("Where is the HR department in Boston?", "Where HR department Boston?"),
        ("Is IT in the US office?", "IT US office?"),  # capitals: not the pronouns
        ("IT in Leeds, who?", "IT Leeds, who?"),
        ("May I not take 3 days of leave?", "May not take 3 days leave?"),
        ("Wo ist die Personalabteilung?", "Wo Personalabteilung?"),
        ("is it the", "is it the"),  # nothing but function words: they stay
    ],
)
def test_function_words_may_go_and_what_is_asked_stays(prompt: str, left: str) -> None:
    kept = reworded(prompt, Always()).split()
    assert sorted(kept) == sorted(left.split())


def test_a_word_is_moved_and_none_is_lost() -> None:
    moved = {reworded("Boston canteen opening hours?", random.Random(seed)) for seed in range(40)}
    assert {tuple(sorted(prompt.split())) for prompt in moved} == {("Boston", "canteen", "hours?", "opening")}
    assert "Boston canteen opening hours?" in moved
    assert len(moved) > 3


def test_a_text_is_not_a_question_and_stays_as_it_is() -> None:
    lines = "The form is attached.\nWhere do I send it?"
    long = "where is the " + " ".join(["form"] * 40)
    assert [reworded(text, Always()) for text in (lines, long)] == [lines, long]


def test_the_same_seed_gives_the_same_wordings() -> None:
    prompts = [f"Where is the printer on floor {n} of the building?" for n in range(30)]
    wordings = [[reworded(p, chance) for p in prompts] for chance in (random.Random(1), random.Random(1))]
    assert wordings[0] == wordings[1] != prompts


def test_every_second_row_of_the_first_batch_is_reworded_where_a_run_rewords(tmp_path: Path) -> None:
    with Workspace.open(tmp_path, owner="test") as ws:
        seeding.demonstrations(ws)
        plain, mixed = first_batch(ws, 1), first_batch(ws, 1, reword=True)
        prompts = {row.prompt for row in ws.demonstrations.list(split="train")}
    assert [response for _, response in plain] == [response for _, response in mixed]
    assert {prompt for prompt, _ in plain} <= prompts
    assert [first == second for (first, _), (second, _) in zip(plain, mixed, strict=True)] == [True, False, True, False]

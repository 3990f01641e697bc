"""Duplicates, contradictions and leaks; likeness by vectors that are laid out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from storage.demonstrations import Demonstration
from workbench.demonstrations import embedder
from workbench.demonstrations.editing import add_demonstration
from workbench.demonstrations.likeness import conflicts, near_pairs, particulars, question_form
from workbench.demonstrations.quality import BATCH, coverage, review, search_by_meaning
from workbench.workspace import Workspace


def rows(ws: Workspace, *prompts: str, **fields: str) -> list[Demonstration]:
    return [add_demonstration(ws, prompt=prompt, response="Same.", author="kim", **fields) for prompt in prompts]  # type: ignore[arg-type]


def test_pairs_are_near_by_their_vectors_unless_names_or_numbers_contradict(ws: Workspace) -> None:
    found = rows(
        ws, "Where is HR in Boston?", "Where can one find HR in Boston?", "Where is HR in Denver?", "Who pays?"
    )
    vectors = np.array([[1, 0], [0.9, 0.19**0.5], [1, 0], [0, 1]], dtype=np.float32)
    pairs = near_pairs(found, vectors, threshold=0.8)
    assert [(pair.first.prompt, pair.second.prompt) for pair in pairs] == [(found[0].prompt, found[1].prompt)]
    assert pairs[0].likeness == pytest.approx(0.9)
    assert particulars("Where is HR in Boston's room 12?") == {"hr", "boston", "12"}


def test_a_leak_is_a_near_pair_on_both_sides_that_is_not_linked(ws: Workspace) -> None:
    train = rows(ws, "How to apply for leave?", split="train", fact_id="leave")[0]
    linked = rows(ws, "Leave: how does one apply for it?", split="test", fact_id="leave")[0]
    alone = rows(ws, "How does someone ask for leave?", split="test")[0]
    vectors = np.ones((3, 1), dtype=np.float32)
    pairs = near_pairs([train, linked, alone], vectors)
    assert {(pair.first.id, pair.second.id): pair.leaks for pair in pairs} == {
        (train.id, alone.id): True,
        (linked.id, alone.id): False,
    }


def test_the_same_question_with_different_answers(ws: Workspace) -> None:
    one = add_demonstration(ws, prompt="Where is the gym?", response="Floor 1.", author="kim")
    two = add_demonstration(ws, prompt="where's gym", response="Floor 2.", author="lee")
    add_demonstration(ws, prompt="Where is the pool?", response="Floor 1.", author="kim")
    assert [[row.id for row in group] for group in conflicts(ws.demonstrations.list())] == [[one.id, two.id]]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Where is building A?", "Where is building D?", False),
        ("Where is the IT department?", "Where is the department?", False),
        ("Do you open at 8 am?", "Do you open at 8?", False),
        ("Who teaches C++?", "Who teaches C#?", False),
        ("Leave of < 5 days?", "Leave of > 5 days?", False),
        ("Where do I park?", "where do we park", True),
        ("WHERE IS THE GYM?", "Where is the gym?", True),
        ("A question: where is HR?", "where is hr, question", True),
    ],
)
def test_function_words_that_carry_the_matter(one: str, other: str, same: bool) -> None:
    assert (question_form(one) == question_form(other)) is same


def test_coverage_counts_by_tag_and_by_file(ws: Workspace) -> None:
    add_demonstration(ws, prompt="A?", response="x", author="k", tags=["hr", "it"], source="a.md#1", split="train")
    add_demonstration(ws, prompt="B?", response="x", author="k", source="a.md#2", status="draft", split="test")
    found = ws.demonstrations.list()
    assert [(row["tag"], row["approved"], row["draft"]) for row in coverage(found, "tag")] == [
        ("(no tag)", 0, 1),
        ("hr", 1, 0),
        ("it", 1, 0),
    ]
    assert coverage(found, "source") == [
        {"source": "a.md", "approved": 1, "draft": 1, "rejected": 0, "train": 1, "held out": 1}
    ]


def fake(texts: list[str]) -> np.ndarray:
    """Two texts are near when they share their first letter."""
    vectors = np.zeros((len(texts), 384), dtype=np.float32)
    for number, text in enumerate(texts):
        vectors[number, ord(text[0]) % 384] = 1
    return vectors


def test_a_review_and_a_search_by_meaning(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder, "embed", fake)
    rows(ws, "Apply for leave how?", "Ask about holidays?", "Who pays?", split="train")
    steps: list[tuple[int, int]] = []
    found = review(ws, on_progress=lambda done, total: steps.append((done, total)))
    assert (found.rows, steps) == (3, [(3, 3)])
    assert [(pair.first.prompt, pair.second.prompt) for pair in found.near] == [
        ("Apply for leave how?", "Ask about holidays?")
    ]
    assert {row.prompt for row, _, _ in found.points} == {"Apply for leave how?", "Ask about holidays?", "Who pays?"}
    again: list[tuple[int, int]] = []
    review(ws, on_progress=lambda done, total: again.append((done, total)))
    assert again == []  # each prompt is embedded once
    ids = [id for id, _ in search_by_meaning(ws, "Wages", limit=1)]
    assert ids == [row.id for row in ws.demonstrations.list(search="Who pays")]


def test_a_search_by_meaning_says_how_far_it_is_and_keeps_what_is_done(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(embedder, "embed", lambda texts: sizes.append(len(texts)) or fake(texts))
    rows(ws, *(f"Question {number}?" for number in range(2 * BATCH)), split="train")

    def leave(*_: object) -> None:
        raise InterruptedError  # as a page does that is drawn anew

    with pytest.raises(InterruptedError):
        search_by_meaning(ws, "Questions", on_progress=leave)
    assert ws.embeddings.count_missing() == BATCH
    told: list[tuple[str, float]] = []
    search_by_meaning(ws, "Questions", on_progress=lambda step, share, _: told.append((step, share)))
    assert told == [("embedding prompts", 1.0)]
    assert sizes == [1, BATCH, 1, BATCH]
    assert BATCH <= 64  # about a second: a person waits no longer for the first word of how long it takes
    search_by_meaning(ws, "Questions", on_progress=leave)  # nothing is left to do, and nothing told


@pytest.mark.slow
def test_the_child_embeds_as_the_model_does() -> None:
    vectors = embedder.embed(["Where is HR?", "Where is the personnel office?", "The soup is cold."])
    assert vectors.shape == (3, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]

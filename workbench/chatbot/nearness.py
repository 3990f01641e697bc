"""What the demonstrations say that is near a question or an answer, and when nothing is near enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.demonstrations.likeness import particulars
from workbench.demonstrations.quality import search_by_meaning

if TYPE_CHECKING:
    from workbench.workspace import Workspace

COVERED = 0.60
"""Cosine below which no demonstration counts as near a question (docs/experiments.md has how it was chosen)."""
CLOSE = 0.75
"""Cosine from which a demonstration most likely asks the same; between the two an answer is to be read with care."""
CANDIDATES = 30


@dataclass(frozen=True, slots=True)
class Near:
    """A demonstration near a question; ``likeness`` is the cosine of the two questions."""

    id: str
    prompt: str
    response: str
    likeness: float


@dataclass(frozen=True, slots=True)
class NearAnswer:
    """The demonstration whose response is nearest to a model's answer; ``likeness`` is the cosine of the two."""

    demonstration: Near
    likeness: float


def near_demonstrations(ws: Workspace, prompt: str, limit: int = CANDIDATES) -> list[Near]:
    """Approved demonstrations whose prompts mean most nearly what the prompt says, the nearest first.

    Raises:
        ModelError: the sentence embeddings cannot be computed.
    """
    hits = search_by_meaning(ws, prompt, limit * 2)
    rows = {row.id: row for row in ws.demonstrations.of_ids([id for id, _ in hits]) if row.status == "approved"}
    near = [Near(id, rows[id].prompt, rows[id].response, likeness) for id, likeness in hits if id in rows]
    return near[:limit]


def covered(prompt: str, near: Sequence[Near]) -> bool:
    """Whether a demonstration is near enough to a question for its answer to be more than an invention.

    Near in meaning is not enough in a template: "Where is HR in Boston?" is near to "Where is HR in Denver?". So a
    question with names or numbers needs a near demonstration that has at least one of them.
    """
    wanted = particulars(prompt)
    for one in near:
        if one.likeness < COVERED:
            continue
        told = particulars(one.prompt) | particulars(one.response)
        if not wanted or wanted & told:
            return True
    return False


def nearest_to_answers(near: Sequence[Near], answers: Sequence[str]) -> list[NearAnswer | None]:
    """For each answer the demonstration, among those near the question, whose response is nearest to it in meaning."""
    if not near or not any(answer.strip() for answer in answers):
        return [None] * len(answers)
    from workbench.demonstrations.embedder import embed

    vectors = embed([*(one.response for one in near), *answers])
    likeness = vectors[len(near) :] @ vectors[: len(near)].T
    found: list[NearAnswer | None] = []
    for row, answer in zip(likeness, answers, strict=True):
        best = int(row.argmax())
        found.append(NearAnswer(near[best], float(row[best])) if answer.strip() else None)
    return found

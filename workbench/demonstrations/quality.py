"""A review of all demonstrations: duplicates, contradictions, leaks, flags, a map, and what is covered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from workbench.demonstrations.flags import Flag, flags
from workbench.demonstrations.import_report import OnProgress, StepProgress
from workbench.demonstrations.likeness import NEAR, NearPair, conflicts, near_pairs
from workbench.models.token_counts import token_counts

if TYPE_CHECKING:
    import numpy as np

    from storage.demonstrations import Demonstration
    from workbench.models.spec import ModelSpec
    from workbench.workspace import Workspace

MAX_ROWS = 20_000
"""A review looks at so many rows at most: comparing all with all grows with the square."""
BATCH = 64
"""Prompts embedded and stored at once: about a second, so that the time left is known soon and little is lost."""
EMBEDDING = "embedding prompts"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Review:
    """What a review found. Rejected rows are left out."""

    rows: int
    near: list[NearPair]
    conflicts: list[list[Demonstration]]
    flagged: list[tuple[Demonstration, list[Flag]]]
    points: list[tuple[Demonstration, float, float]]
    """Each demonstration's place on the map: questions that mean the like lie near one another."""
    counted: bool = False
    """Whether lengths were counted by a tokenizer and not estimated."""

    @property
    def leaks(self) -> list[NearPair]:
        """Pairs of which one trains and one is held out, not known as wordings of one fact."""
        return [pair for pair in self.near if pair.leaks]


def embed_missing(ws: Workspace, on_progress: Progress | None = None) -> int:
    """Embeds the prompts that have no embedding yet, and stores them batch by batch; returns their number."""
    from workbench.demonstrations.embedder import embed

    missing = ws.embeddings.missing()
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        ws.embeddings.add_many(batch, embed(batch))
        if on_progress is not None:
            on_progress(min(start + BATCH, len(missing)), len(missing))
    return len(missing)


def review(
    ws: Workspace, *, threshold: float = NEAR, model: ModelSpec | None = None, on_progress: Progress | None = None
) -> Review:
    """Looks all demonstrations through; prompts are embedded first where that is still to be done.

    With ``model``, lengths are counted by its tokenizer, otherwise estimated from characters.
    """
    import numpy as np

    embed_missing(ws, on_progress)
    rows = [row for row in ws.demonstrations.list(limit=MAX_ROWS) if row.status != "rejected"]
    by_prompt = ws.embeddings.of_prompts([row.prompt for row in rows])
    rows = [row for row in rows if row.prompt in by_prompt]
    vectors = np.stack([by_prompt[row.prompt] for row in rows]) if rows else np.zeros((0, 384), dtype=np.float32)
    lengths = (token_counts(model, [f"{row.prompt}\n{row.response}" for row in rows]) if model else None) or []
    found = [(row, list(flags(row.prompt, row.response, tokens))) for row, tokens in zip_longest(rows, lengths)]
    return Review(
        rows=len(rows),
        near=near_pairs(rows, vectors, threshold),
        conflicts=conflicts(rows),
        flagged=[(row, marks) for row, marks in found if marks],
        counted=bool(lengths),
        points=[(row, x, y) for row, (x, y) in zip(rows, _plane(vectors), strict=True)],
    )


def search_by_meaning(
    ws: Workspace, text: str, limit: int = 50, on_progress: OnProgress | None = None
) -> list[tuple[str, float]]:
    """Ids of the demonstrations whose prompts mean most nearly what the text says, with the cosine.

    Prompts that have no embedding yet are embedded first; ``on_progress`` is told how far that is.
    """
    from workbench.demonstrations.embedder import embed

    # The text goes first: the model is loaded for it, and the time left is that of the prompts alone.
    vector = embed([text])[0]
    if on_progress is None:
        embed_missing(ws)
    else:
        steps = StepProgress(on_progress, {EMBEDDING: 1.0})
        embed_missing(ws, lambda done, total: steps.at(EMBEDDING, done / total))
    return ws.embeddings.nearest(vector, limit)


def coverage(rows: list[Demonstration], by: str) -> list[dict[str, Any]]:
    """Rows by tag or by source file: how many are approved, drafts and rejected, and how many train."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        names = (row.tags or ("(no tag)",)) if by == "tag" else (row.source.split("#", 1)[0] or "(no source)",)
        for name in names:
            counts.setdefault(name, Counter()).update((row.status, row.split))
    return [
        {
            by: name,
            "approved": count["approved"],
            "draft": count["draft"],
            "rejected": count["rejected"],
            "train": count["train"],
            "held out": count["validation"] + count["test"],
        }
        for name, count in sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    ]


def _plane(vectors: np.ndarray) -> list[tuple[float, float]]:
    """The vectors in two dimensions: their two principal components, which need no tuning and no luck."""
    import numpy as np

    if len(vectors) < 3:
        return [(float(place), 0.0) for place in range(len(vectors))]
    centred = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(
        centred if len(centred) <= 4_000 else centred[:: len(centred) // 4_000 + 1], full_matrices=False
    )
    # The sign of an axis is arbitrary; the largest part is made positive, so that the map does not flip.
    signs = np.sign(axes[:2][np.arange(2), np.abs(axes[:2]).argmax(axis=1)])
    return [(float(x), float(y)) for x, y in centred @ (axes[:2] * signs[:, None]).T]

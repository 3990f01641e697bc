"""Embeddings that a run computed on the way, handed back so that nobody computes them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.runs.context import RunContext
from workbench.runs.events import Embedded
from workbench.runs.frozen_data import EMBEDDINGS_FILE, write_embeddings

if TYPE_CHECKING:
    from workbench.evaluation.embedding import Vectors


def keep_vectors(context: RunContext, vectors: Vectors) -> None:
    """Write the vectors of human texts that this run computed into its folder, and say so."""
    if vectors.computed:
        write_embeddings(context.dir.path / EMBEDDINGS_FILE, vectors.computed)
        context.emit(Embedded(file=EMBEDDINGS_FILE, count=len(vectors.computed)))

"""The baseline that needs no training: answer with the response of the nearest training demonstration."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from workbench.errors import NotReady
from workbench.evaluation.embedding import Vectors
from workbench.runs.frozen_data import FrozenDemonstration

RETRIEVAL = "retrieval"
"""Stands in the place of a model id beside answers and measures."""

MOST_DEMONSTRATIONS = 20_000
"""Beyond so many training demonstrations, a part of them that does not depend on their order is searched."""


def retrievable(rows: Sequence[FrozenDemonstration]) -> list[FrozenDemonstration]:
    """The training demonstrations whose responses may be given as answers."""
    training = [row for row in rows if row.split == "train"]
    if len(training) <= MOST_DEMONSTRATIONS:
        return training
    return sorted(training, key=lambda row: hashlib.sha256(row.prompt.encode()).digest())[:MOST_DEMONSTRATIONS]


def nearest_responses(
    prompts: Sequence[str], training: Sequence[FrozenDemonstration], vectors: Vectors
) -> tuple[list[str], list[str]]:
    """For each prompt the response, and the prompt, of the training demonstration whose prompt is nearest in meaning.

    Raises:
        NotReady: there is no training demonstration.
    """
    if not training:
        raise NotReady("There is no training demonstration that an answer could be taken from.")
    asked = vectors.of(prompts, keep=True)
    known = vectors.of([row.prompt for row in training], keep=True)
    # Vectors have length 1, so the largest product is the smallest angle; ties go to the earlier row.
    nearest = (asked @ known.T).argmax(axis=1)
    return [training[i].response for i in nearest], [training[i].prompt for i in nearest]

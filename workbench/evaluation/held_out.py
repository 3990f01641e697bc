"""The demonstrations that a model did not learn from and is asked about."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.evaluation.embedding import Vectors
from workbench.runs.frozen_data import FrozenDemonstration


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The prompts that a model answers, and what it takes to judge the answers."""

    split: str
    rows: tuple[FrozenDemonstration, ...]
    known_values: frozenset[str]
    """Key facts of all demonstrations: an answer that states a wrong one is recognised by them."""
    vectors: Vectors = field(default_factory=Vectors, compare=False)
    """Embeddings of prompts and human responses, shared by all models that answer."""

    @classmethod
    def choose(
        cls, rows: Sequence[FrozenDemonstration], split: str, limit: int | None, vectors: Vectors | None = None
    ) -> HeldOut:
        """The demonstrations of one split; with a limit, a part of them that does not depend on their order."""
        chosen = sorted((row for row in rows if row.split == split), key=_stable_key)
        known = frozenset(fact for row in rows for fact in row.key_facts or ())
        return cls(split, tuple(chosen if limit is None else chosen[:limit]), known, vectors or Vectors())


def _stable_key(row: FrozenDemonstration) -> str:
    return hashlib.sha256(f"{row.prompt}\x1f{row.response}".encode()).hexdigest()

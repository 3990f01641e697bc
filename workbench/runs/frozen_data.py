"""Rows of a run's frozen Parquet files, as the stages read them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FrozenDemonstration:
    """One approved demonstration as it was when the run was launched."""

    id: str
    prompt: str
    response: str
    split: str
    fact_id: str | None
    key_facts: tuple[str, ...] | None
    tags: tuple[str, ...]
    held_out: str | None = None
    """ "unseen wording" or "unseen fact"; None in training, and in data frozen before that was told."""


@dataclass(frozen=True, slots=True)
class FrozenPair:
    """One pair that the votes decided. Nothing but the votes says why."""

    prompt: str
    chosen: str
    rejected: str
    split: str


def read_demonstrations(data: Path) -> list[FrozenDemonstration]:
    """Rows of ``demonstrations.parquet`` in the folder ``data``."""
    import pyarrow.parquet as pq

    return [
        FrozenDemonstration(
            id=row["id"],
            prompt=row["prompt"],
            response=row["response"],
            split=row["split"],
            fact_id=row["fact_id"],
            key_facts=None if row["key_facts"] is None else tuple(row["key_facts"]),
            tags=tuple(row["tags"] or ()),
            held_out=row.get("held_out"),
        )
        for row in pq.read_table(data / "demonstrations.parquet").to_pylist()
    ]


def read_pairs(data: Path) -> list[FrozenPair]:
    """Rows of ``pairs.parquet`` in the folder ``data``."""
    import pyarrow.parquet as pq

    columns = ["prompt", "chosen", "rejected", "split"]
    return [FrozenPair(**row) for row in pq.read_table(data / "pairs.parquet", columns=columns).to_pylist()]

"""Rows of a run's frozen Parquet files, as the stages read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

EMBEDDINGS_FILE = "embeddings.parquet"


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
    source: str = ""


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
            source=row.get("source") or "",
        )
        for row in pq.read_table(data / "demonstrations.parquet").to_pylist()
    ]


def read_pairs(data: Path) -> list[FrozenPair]:
    """Rows of ``pairs.parquet`` in the folder ``data``."""
    import pyarrow.parquet as pq

    columns = ["prompt", "chosen", "rejected", "split"]
    return [FrozenPair(**row) for row in pq.read_table(data / "pairs.parquet", columns=columns).to_pylist()]


def read_embeddings(path: Path) -> dict[str, np.ndarray]:
    """Vectors by their text; none where the file was not frozen."""
    import numpy as np
    import pyarrow.parquet as pq

    if not path.is_file():
        return {}
    table = pq.read_table(path, columns=["text", "vector"])
    vectors = np.asarray(table["vector"].combine_chunks().flatten(), dtype=np.float32).reshape(table.num_rows, -1)
    return dict(zip(table["text"].to_pylist(), vectors, strict=True))


def write_embeddings(path: Path, vectors: Mapping[str, np.ndarray]) -> None:
    """Columns text and vector (a list of float32), ordered by text: the same vectors give the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = sorted(vectors)
    rows = [vectors[text].astype("float32") for text in texts]
    table = pa.table({"text": pa.array(texts, pa.string()), "vector": pa.array(rows, pa.list_(pa.float32()))})
    pq.write_table(table, path)

"""Snapshots: frozen, hashed dataset versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from duckdb import DuckDBPyConnection

from storage.errors import RowConflict, RowNotFound
from storage.repository import Repository, fetch, fetch_one, insert_many, record_of


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One frozen dataset: ``sha256`` of its Parquet file at ``path``, ``rows`` in it.

    ``counts`` are its rows by split, by status of held-out questions and the like, for a person to read.
    """

    id: str
    kind: str
    sha256: str
    rows: int
    path: str
    created_at: datetime
    name: str = ""
    counts: dict[str, int] = field(default_factory=dict)


_COLUMNS = 'id, kind, sha256, "rows", path, created_at, name, counts'

Snapshots = list[Snapshot]


class SnapshotRepository(Repository):
    """Table ``snapshots``."""

    def add(self, snapshot: Snapshot, cursor: DuckDBPyConnection | None = None) -> None:
        """Registers a snapshot. Raises RowConflict where the id is taken."""

        def write(own: DuckDBPyConnection) -> None:
            if own.execute("SELECT 1 FROM snapshots WHERE id = ?", [snapshot.id]).fetchone():
                raise RowConflict(f"There is a snapshot {snapshot.id!r} already.")
            insert_many(own, "snapshots", [record_of(snapshot)])

        self._write(write, cursor)

    def get(self, id: str, cursor: DuckDBPyConnection | None = None) -> Snapshot:
        """The snapshot. Raises RowNotFound."""
        with self._read(cursor) as reader:
            reader.execute(f"SELECT {_COLUMNS} FROM snapshots WHERE id = ?", [id])
            row = fetch_one(reader, Snapshot)
            if row is None:
                raise RowNotFound("snapshot", id)
            return row

    def find(self, kind: str, sha256: str, cursor: DuckDBPyConnection | None = None) -> Snapshot | None:
        """The first snapshot of that kind with that content, if there is one."""
        with self._read(cursor) as reader:
            reader.execute(
                f"SELECT {_COLUMNS} FROM snapshots WHERE kind = ? AND sha256 = ? ORDER BY created_at, rowid",
                [kind, sha256],
            )
            return fetch_one(reader, Snapshot)

    def rename(self, id: str, name: str, path: str, cursor: DuckDBPyConnection | None = None) -> None:
        """Gives a snapshot a name, and the place where its file is kept. Raises RowNotFound."""

        def write(own: DuckDBPyConnection) -> None:
            self.get(id, own)
            own.execute("UPDATE snapshots SET name = ?, path = ? WHERE id = ?", [name, path, id])

        self._write(write, cursor)

    def list(self) -> Snapshots:
        """All snapshots, newest first."""
        with self._read() as reader:
            reader.execute(f"SELECT {_COLUMNS} FROM snapshots ORDER BY created_at DESC, rowid DESC")
            return fetch(reader, Snapshot)

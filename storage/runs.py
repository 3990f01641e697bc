"""Runs: what was started, how far it is, how it ended."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from duckdb import DuckDBPyConnection

from storage.errors import RowConflict, RowNotFound
from storage.repository import (
    Repository,
    Where,
    encoded,
    fetch,
    fetch_one,
    insert_many,
    page,
    record_of,
    scalar,
)

RunKind = Literal["sft", "pairs", "reward_model", "ppo", "evaluation", "best_of_n", "dpo", "rloo", "verdict"]
RunStatus = Literal["pending", "running", "stopping", "stopped", "interrupted", "failed", "finished"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run. ``done`` and ``total`` are in the unit of the phase.

    ``pid`` with ``pid_created`` (seconds since the epoch) name the worker's process beyond doubt: a pid
    alone is given again.
    ``event_offset`` is the byte up to which ``events.jsonl`` was ingested.
    """

    id: str
    kind: RunKind
    name: str
    status: RunStatus
    directory: str
    config: dict[str, Any]
    created_by: str
    created_at: datetime
    pid: int | None = None
    pid_created: float | None = None
    event_offset: int = 0
    phase: str = ""
    done: float = 0.0
    total: float = 0.0
    eta_seconds: float | None = None
    error: str | None = None
    summary: dict[str, Any] = dataclasses.field(default_factory=dict)
    started_at: datetime | None = None
    finished_at: datetime | None = None


_FIELDS = frozenset(field.name for field in dataclasses.fields(Run))
_COLUMNS = ", ".join(field.name for field in dataclasses.fields(Run))
_TABLES_OF_A_RUN = ("metrics", "samples", "notices", "interventions", "answers", "evaluations")

Runs = list[Run]


class RunRepository(Repository):
    """Table ``runs``."""

    def add(self, run: Run, cursor: DuckDBPyConnection | None = None) -> None:
        """Adds a run. Raises RowConflict where the id is taken."""

        def write(own: DuckDBPyConnection) -> None:
            if own.execute("SELECT 1 FROM runs WHERE id = ?", [run.id]).fetchone():
                raise RowConflict(f"There is a run {run.id!r} already.")
            insert_many(own, "runs", [record_of(run)])

        self._write(write, cursor)

    def get(self, id: str, cursor: DuckDBPyConnection | None = None) -> Run:
        """The run. Raises RowNotFound."""
        with self._read(cursor) as reader:
            row = fetch_one(reader.execute(f"SELECT {_COLUMNS} FROM runs WHERE id = ?", [id]), Run)
            if row is None:
                raise RowNotFound("run", id)
            return row

    def list(
        self,
        *,
        kind: RunKind | None = None,
        status: RunStatus | None = None,
        limit: int | None = None,
        cursor: DuckDBPyConnection | None = None,
    ) -> Runs:
        """Runs, newest first."""
        where = Where().add("kind = ?", kind).add("status = ?", status)
        with self._read(cursor) as reader:
            reader.execute(
                f"SELECT {_COLUMNS} FROM runs{where.sql} ORDER BY created_at DESC, id DESC{page(limit)}",
                where.parameters,
            )
            return fetch(reader, Run)

    def list_open(self) -> Runs:
        """Runs that wait, work, or whose worker's process is still noted, oldest first."""
        with self._read() as reader:
            reader.execute(
                f"""SELECT {_COLUMNS} FROM runs
                WHERE status IN ('pending', 'running', 'stopping') OR pid IS NOT NULL ORDER BY created_at, id"""
            )
            return fetch(reader, Run)

    def next_id(self, kind: RunKind, cursor: DuckDBPyConnection | None = None) -> str:
        """The next readable id, ``KIND-NNN``; it is never given twice, not even after a deletion."""

        def write(own: DuckDBPyConnection) -> str:
            last = scalar(own.execute("SELECT max(number) FROM run_numbers WHERE kind = ?", [kind])) or 0
            own.execute("INSERT INTO run_numbers VALUES (?, ?)", [kind, last + 1])
            return f"{kind}-{last + 1:03d}"

        return self._write(write, cursor)

    def update(self, id: str, cursor: DuckDBPyConnection | None = None, **fields: Any) -> None:
        """Sets the named fields. Raises RowNotFound; TypeError for a name that is no field of Run."""
        unknown = fields.keys() - _FIELDS
        if unknown:
            raise TypeError(f"not a field of a run that can be set: {', '.join(sorted(unknown))}")
        if not fields:
            return

        def write(own: DuckDBPyConnection) -> None:
            assignments = ", ".join(f"{name} = ?" for name in fields)
            values = [encoded(value) for value in fields.values()]
            if not scalar(own.execute(f"UPDATE runs SET {assignments} WHERE id = ?", [*values, id])):
                raise RowNotFound("run", id)

        self._write(write, cursor)

    def delete(self, id: str, cursor: DuckDBPyConnection | None = None) -> None:
        """Removes the run with its metrics, samples, notices, interventions, answers and evaluations.

        Pairs stay: people may have voted on them. Raises RowNotFound.
        """

        def write(own: DuckDBPyConnection) -> None:
            self.get(id, own)
            for table in _TABLES_OF_A_RUN:
                own.execute(f"DELETE FROM {table} WHERE run_id = ?", [id])
            own.execute("DELETE FROM runs WHERE id = ?", [id])

        self._write(write, cursor)

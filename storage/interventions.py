"""Interventions: what people changed in a run while it went on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duckdb import DuckDBPyConnection

from storage.repository import Repository, fetch, insert_many, record_of


@dataclass(frozen=True, slots=True)
class Intervention:
    """A change that holds from the update after ``step`` on; ``setting`` may be pause, with 1 for paused."""

    run_id: str
    step: int
    setting: str
    before: float
    after: float
    made_at: datetime


Interventions = list[Intervention]


class InterventionRepository(Repository):
    """Table ``interventions``, append-only."""

    def add(self, row: Intervention, cursor: DuckDBPyConnection | None = None) -> None:
        """Adds an intervention."""
        self._write(lambda own: insert_many(own, "interventions", [record_of(row)]), cursor)

    def list(self, run_id: str) -> Interventions:
        """The run's interventions in the order they were made."""
        with self._read() as reader:
            reader.execute(
                """SELECT run_id, step, setting, before, after, made_at FROM interventions WHERE run_id = ?
                ORDER BY made_at, rowid""",
                [run_id],
            )
            return fetch(reader, Intervention)

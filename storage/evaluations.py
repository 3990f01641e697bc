"""Evaluations: one measure of one model on one split, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from duckdb import DuckDBPyConnection

from storage.repository import Repository, Where, fetch, record_of, renew_many


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """A measure with its 95% interval; ``problem`` says why ``value`` is None."""

    run_id: str
    model_id: str
    split: str
    measure: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    signature: str
    problem: str | None
    created_at: datetime


_KEY = ("run_id", "model_id", "split", "measure")
_COLUMNS = "run_id, model_id, split, measure, value, ci_low, ci_high, n, signature, problem, created_at"

EvaluationRows = list[EvaluationRow]


class EvaluationRepository(Repository):
    """Table ``evaluations``."""

    def add_many(self, rows: Sequence[EvaluationRow], cursor: DuckDBPyConnection | None = None) -> int:
        """Adds rows in bulk, each in place of an older one of the same run, model, split and measure."""
        records = [record_of(row) for row in rows]
        return self._write(lambda own: renew_many(own, "evaluations", _KEY, records), cursor)

    def list(self, run_id: str | None = None, model_id: str | None = None) -> EvaluationRows:
        """Rows in the order they were measured."""
        where = Where().add("run_id = ?", run_id).add("model_id = ?", model_id)
        with self._read() as reader:
            reader.execute(
                f"SELECT {_COLUMNS} FROM evaluations{where.sql} ORDER BY created_at, rowid", where.parameters
            )
            return fetch(reader, EvaluationRow)

    def latest(self, model_id: str, split: str = "test") -> dict[str, EvaluationRow]:
        """Each measure of the model on the split: of the rows over most prompts the newest.

        A verdict asks a part of the held-out prompts only, so its rows are newer and yet say less.
        """
        where = Where().add("model_id = ?", model_id).add("split = ?", split)
        with self._read() as reader:
            reader.execute(
                f"SELECT {_COLUMNS} FROM evaluations{where.sql} ORDER BY n, created_at, rowid", where.parameters
            )
            return {row.measure: row for row in fetch(reader, EvaluationRow)}

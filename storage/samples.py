"""Samples: responses that a policy gave while it trained."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from storage.repository import Repository, Where, fetch, insert_many, page, record_of


@dataclass(frozen=True, slots=True)
class StoredSample:
    """A response at one step. ``fixed`` marks the prompts that are answered again at every report.

    ``length`` counts response tokens, the end token included.
    """

    run_id: str
    step: int
    fixed: bool
    prompt: str
    response: str
    score: float | None
    kl: float | None
    length: int | None
    tokens: dict[str, Any] | None = None
    """Of a fixed prompt's response, token by token: lists ``text``, ``kl`` and ``advantage`` of one length."""


StoredSamples = list[StoredSample]


class SampleRepository(Repository):
    """Table ``samples``."""

    def add_many(self, rows: Sequence[StoredSample], cursor: DuckDBPyConnection | None = None) -> int:
        """Adds rows in bulk; returns their number."""
        return self._write(lambda own: insert_many(own, "samples", [record_of(row) for row in rows]), cursor)

    def delete_after(self, run_id: str, step: int, cursor: DuckDBPyConnection | None = None) -> None:
        """Forgets what came after ``step``: a resumed run reports those steps again."""

        def write(own: DuckDBPyConnection) -> None:
            own.execute("DELETE FROM samples WHERE run_id = ? AND step > ?", [run_id, step])

        self._write(write, cursor)

    def fixed_steps(self, run_id: str) -> builtins.list[int]:
        """At which steps the fixed prompts were answered, in order."""
        with self._read() as reader:
            reader.execute("SELECT DISTINCT step FROM samples WHERE run_id = ? AND fixed ORDER BY step", [run_id])
            return [int(step) for (step,) in reader.fetchall()]

    def list(
        self, run_id: str, *, fixed: bool | None = None, step: int | None = None, limit: int | None = 50
    ) -> StoredSamples:
        """Samples of a run, the newest step first and in the worker's order within a step; of one step where given."""
        where = Where().add("run_id = ?", run_id).add("fixed = ?", fixed).add("step = ?", step)
        with self._read() as reader:
            reader.execute(
                f"""SELECT run_id, step, fixed, prompt, response, score, kl, length, tokens
                FROM samples{where.sql}
                ORDER BY step DESC, rowid{page(limit)}""",
                where.parameters,
            )
            return fetch(reader, StoredSample)

"""Answers: what a model said to a held-out prompt, beside the human response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from storage.repository import Repository, Where, fetch, page, record_of, renew_many


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer with its per-row measures."""

    run_id: str
    model_id: str
    demonstration_id: str | None
    prompt: str
    reference: str
    response: str
    measures: dict[str, float | None]
    tags: tuple[str, ...] = ()
    source: str = ""
    held_out: str | None = None
    """ "unseen wording" or "unseen fact", where the run's data said so."""


_KEY = ("run_id", "model_id", "demonstration_id", "prompt")
_COLUMNS = "run_id, model_id, demonstration_id, prompt, reference, response, measures, tags, source, held_out"

AnswerRows = list[AnswerRow]


class AnswerRepository(Repository):
    """Table ``answers``."""

    def add_many(self, rows: Sequence[AnswerRow], cursor: DuckDBPyConnection | None = None) -> int:
        """Adds rows in bulk, each in place of an older one to the same demonstration in the same run."""
        records = [record_of(row) for row in rows]
        return self._write(lambda own: renew_many(own, "answers", _KEY, records), cursor)

    def list(self, run_id: str | None = None, model_id: str | None = None, limit: int | None = None) -> AnswerRows:
        """Answers in the order they were given."""
        where = Where().add("run_id = ?", run_id).add("model_id = ?", model_id)
        with self._read() as reader:
            reader.execute(f"SELECT {_COLUMNS} FROM answers{where.sql} ORDER BY rowid{page(limit)}", where.parameters)
            return fetch(reader, AnswerRow)

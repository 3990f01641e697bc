"""Responses that models gave, to be compared in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from duckdb import DuckDBPyConnection

from storage.errors import RowNotFound
from storage.repository import Repository, Where, fetch, fetch_one, insert_many, page, record_of


@dataclass(frozen=True, slots=True)
class Response:
    """One response. ``run_id``, ``seed`` and ``temperature`` are None where it was imported."""

    id: str
    run_id: str | None
    model_id: str
    prompt: str
    text: str
    seed: int | None
    temperature: float | None
    created_at: datetime


_COLUMNS = "id, run_id, model_id, prompt, text, seed, temperature, created_at"

Responses = list[Response]


class ResponseRepository(Repository):
    """Table ``responses``."""

    def add_many(self, rows: Sequence[Response], cursor: DuckDBPyConnection | None = None) -> int:
        """Adds rows in bulk; returns their number."""
        return self._write(lambda own: insert_many(own, "responses", [record_of(row) for row in rows]), cursor)

    def get(self, id: str, cursor: DuckDBPyConnection | None = None) -> Response:
        """The response. Raises RowNotFound."""
        with self._read(cursor) as reader:
            reader.execute(f"SELECT {_COLUMNS} FROM responses WHERE id = ?", [id])
            row = fetch_one(reader, Response)
            if row is None:
                raise RowNotFound("response", id)
            return row

    def list(self, *, run_id: str | None = None, model_id: str | None = None, limit: int | None = None) -> Responses:
        """Responses in the order they were added."""
        where = Where().add("run_id = ?", run_id).add("model_id = ?", model_id)
        with self._read() as reader:
            reader.execute(
                f"SELECT {_COLUMNS} FROM responses{where.sql} ORDER BY created_at, rowid{page(limit)}",
                where.parameters,
            )
            return fetch(reader, Response)

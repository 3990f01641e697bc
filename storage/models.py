"""Models: what the workspace can answer, score or start from, with lineage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from duckdb import DuckDBPyConnection

from storage.errors import RowConflict, RowNotFound
from storage.repository import Repository, Where, fetch, fetch_one, insert_many, record_of

ModelKind = Literal["base", "sft", "reward_model", "ppo", "dpo", "rloo"]


@dataclass(frozen=True, slots=True)
class Model:
    """One model. ``spec`` is what it is made of, ``parent_id`` the model it was trained from."""

    id: str
    name: str
    kind: ModelKind
    spec: dict[str, Any]
    run_id: str | None
    parent_id: str | None
    created_at: datetime


_COLUMNS = "id, name, kind, spec, run_id, parent_id, created_at"

Models = list[Model]


class ModelRepository(Repository):
    """Table ``models``."""

    def add(self, model: Model, cursor: DuckDBPyConnection | None = None) -> None:
        """Adds a model. Raises RowConflict where the id is taken."""

        def write(own: DuckDBPyConnection) -> None:
            if own.execute("SELECT 1 FROM models WHERE id = ?", [model.id]).fetchone():
                raise RowConflict(f"There is a model {model.id!r} already.")
            insert_many(own, "models", [record_of(model)])

        self._write(write, cursor)

    def find(self, id: str, cursor: DuckDBPyConnection | None = None) -> Model | None:
        """The model, None where there is none of that id."""
        with self._read(cursor) as reader:
            return fetch_one(reader.execute(f"SELECT {_COLUMNS} FROM models WHERE id = ?", [id]), Model)

    def get(self, id: str, cursor: DuckDBPyConnection | None = None) -> Model:
        """The model. Raises RowNotFound."""
        with self._read(cursor) as reader:
            row = self.find(id, reader)
            if row is None:
                raise RowNotFound("model", id)
            return row

    def list(self, kind: ModelKind | None = None, cursor: DuckDBPyConnection | None = None) -> Models:
        """Models in the order they were made."""
        where = Where().add("kind = ?", kind)
        with self._read(cursor) as reader:
            reader.execute(f"SELECT {_COLUMNS} FROM models{where.sql} ORDER BY created_at, id", where.parameters)
            return fetch(reader, Model)

    def rename(self, id: str, name: str, cursor: DuckDBPyConnection | None = None) -> None:
        """Gives the model another name for people. Raises RowNotFound."""

        def write(own: DuckDBPyConnection) -> None:
            self.get(id, own)
            own.execute("UPDATE models SET name = ? WHERE id = ?", [name, id])

        self._write(write, cursor)

    def delete(self, id: str, cursor: DuckDBPyConnection | None = None) -> None:
        """Forgets the model; its files stay where they are. Raises RowNotFound."""

        def write(own: DuckDBPyConnection) -> None:
            self.get(id, own)
            own.execute("DELETE FROM models WHERE id = ?", [id])

        self._write(write, cursor)

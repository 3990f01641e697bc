"""Annotators: the people, and the simulated ones of the demo company."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from duckdb import DuckDBPyConnection

from storage.errors import RowConflict
from storage.repository import Repository, fetch, fetch_one, insert_many, record_of

AnnotatorKind = Literal["person", "simulated"]


@dataclass(frozen=True, slots=True)
class Annotator:
    """Somebody who votes."""

    id: str
    name: str
    kind: AnnotatorKind
    created_at: datetime


Annotators = list[Annotator]


class AnnotatorRepository(Repository):
    """Table ``annotators``."""

    def get_or_create(self, name: str, kind: AnnotatorKind, cursor: DuckDBPyConnection | None = None) -> Annotator:
        """The annotator of that name.

        Raises RowConflict where the name belongs to one of the other kind: a person must never be taken for a
        simulated annotator.
        """

        def write(own: DuckDBPyConnection) -> Annotator:
            found = _find(own, name, kind)
            if found is None:
                found = Annotator(uuid.uuid4().hex[:12], name, kind, datetime.now(UTC))
                insert_many(own, "annotators", [record_of(found)])
            return found

        with self._read(cursor) as reader:
            known = _find(reader, name, kind)
        return known or self._write(write, cursor)

    def list(self) -> Annotators:
        """All annotators by name."""
        with self._read() as reader:
            reader.execute("SELECT id, name, kind, created_at FROM annotators ORDER BY name")
            return fetch(reader, Annotator)


def _find(cursor: DuckDBPyConnection, name: str, kind: AnnotatorKind) -> Annotator | None:
    cursor.execute("SELECT id, name, kind, created_at FROM annotators WHERE name = ?", [name])
    found = fetch_one(cursor, Annotator)
    if found is not None and found.kind != kind:
        other = "a simulated annotator" if found.kind == "simulated" else "a person"
        raise RowConflict(f"The name {name!r} belongs to {other}; choose another name.")
    return found

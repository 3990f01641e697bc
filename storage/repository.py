"""What all repositories share: a cursor of their own or the caller's, rows in and rows out."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from duckdb import DuckDBPyConnection

from storage.database import Database

T = TypeVar("T")
Row = TypeVar("Row")


class Repository:
    """Typed access to one table.

    Methods that take ``cursor`` join the caller's transaction; without it each is a transaction of its own.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    @contextmanager
    def _read(self, cursor: DuckDBPyConnection | None = None) -> Iterator[DuckDBPyConnection]:
        if cursor is not None:
            yield cursor
        else:
            with self._db.read() as own:
                yield own

    def _write(self, fn: Callable[[DuckDBPyConnection], T], cursor: DuckDBPyConnection | None) -> T:
        return fn(cursor) if cursor is not None else self._db.run_write(fn)


class Where:
    """Conditions joined by AND, with their parameters in order; a condition on None is left out."""

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self.parameters: list[Any] = []

    def add(self, condition: str, value: Any) -> Where:
        """Adds a condition with one ``?``, unless ``value`` is None."""
        if value is not None:
            self._conditions.append(condition)
            self.parameters.append(value)
        return self

    def add_in(self, column: str, values: Collection[str] | None) -> Where:
        """``column`` is one of ``values``, unless that is None."""
        if values is not None:
            self._conditions.append(f"list_contains(?::VARCHAR[], {column})")
            self.parameters.append(list(values))
        return self

    @property
    def sql(self) -> str:
        """`` WHERE …``, or nothing."""
        return " WHERE " + " AND ".join(self._conditions) if self._conditions else ""


def page(limit: int | None, offset: int = 0) -> str:
    """`` LIMIT … OFFSET …``, or nothing."""
    return (f" LIMIT {int(limit)}" if limit is not None else "") + (f" OFFSET {int(offset)}" if offset else "")


def fetch(cursor: DuckDBPyConnection, row_type: type[Row]) -> list[Row]:
    """The result's rows; its columns must bear the names of the row type's fields."""
    return [row_type(**record) for record in fetch_records(cursor)]


def fetch_one(cursor: DuckDBPyConnection, row_type: type[Row]) -> Row | None:
    """The first row of the result, if any."""
    rows = fetch(cursor, row_type)
    return rows[0] if rows else None


def fetch_records(cursor: DuckDBPyConnection) -> list[dict[str, Any]]:
    """The result's rows as dicts: times are UTC-aware, lists are tuples, JSON is decoded."""
    columns = [(column[0], str(column[1]) == "JSON") for column in cursor.description or ()]
    return [
        {name: _decoded(value, is_json) for (name, is_json), value in zip(columns, row, strict=True)}
        for row in cursor.fetchall()
    ]


def scalar(cursor: DuckDBPyConnection) -> Any:
    """The first column of the first row, None where there is no row."""
    rows = cursor.fetchall()  # to the end: a result left half read blocks the cursor
    return rows[0][0] if rows else None


def record_of(row: Any) -> dict[str, Any]:
    """A row's fields by name."""
    return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}


def insert_many(cursor: DuckDBPyConnection, table: str, records: Sequence[Mapping[str, Any]]) -> int:
    """Inserts rows in bulk through Arrow, a hundred times as fast as ``executemany``. Returns their number.

    All records must have the same keys, each the name of a column.
    """
    if not records:
        return 0
    with arrow_view(cursor, "new_rows", records):
        cursor.execute(f"INSERT INTO {table} BY NAME SELECT * FROM new_rows")
    return len(records)


def renew_many(cursor: DuckDBPyConnection, table: str, key: Sequence[str], records: Sequence[Mapping[str, Any]]) -> int:
    """Inserts rows in bulk, each in place of the older ones with its key; of equal keys the last. Returns their number.

    In a key None equals None.
    """
    if not records:
        return 0
    newest = list({tuple(record[name] for name in key): record for record in records}.values())
    same = " AND ".join(f"{table}.{name} IS NOT DISTINCT FROM renewed.{name}" for name in key)
    with arrow_view(cursor, "renewed", newest):
        cursor.execute(f"DELETE FROM {table} USING renewed WHERE {same}")
    return insert_many(cursor, table, newest)


@contextmanager
def arrow_view(cursor: DuckDBPyConnection, name: str, records: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """Makes records readable under ``name`` on this cursor only, for the length of the block."""
    import pyarrow as pa

    columns = {key: [encoded(record[key]) for record in records] for key in records[0]}
    cursor.complete()  # a result that the caller left half read would be in the way
    cursor.register(name, pa.table(columns))
    try:
        yield
    finally:
        cursor.unregister(name)


def encoded(value: Any) -> Any:
    """A Python value as DuckDB takes it: times naive in UTC, tuples as lists, dicts as JSON."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, dict):
        return json.dumps(_finite(value), ensure_ascii=False, default=str)
    return value


def _decoded(value: Any, is_json: bool) -> Any:
    if value is None:
        return None
    if is_json:
        return json.loads(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    return tuple(value) if isinstance(value, list) else value


def _finite(value: Any) -> Any:
    """JSON knows neither NaN nor infinity; they become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value

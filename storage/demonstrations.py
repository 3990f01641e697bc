"""Demonstrations: a prompt with its human response, and every state that a row had before."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Unpack

from duckdb import DuckDBPyConnection

from storage.demonstration_history import COLUMNS, DemonstrationHistory, Ids, version_of
from storage.demonstration_rows import (
    ORDERS,
    Demonstration,
    DemonstrationVersion,
    Filter,
    Order,
    Origin,
    Split,
    Status,
    where,
)
from storage.errors import RowNotFound
from storage.repository import arrow_view, encoded, fetch, fetch_one, insert_many, page, record_of, scalar
from storage.text_keys import content_form, prompt_key

__all__ = ["Demonstration", "DemonstrationRepository", "DemonstrationVersion", "Filter", "Origin", "Split", "Status"]

Demonstrations = list[Demonstration]

_NEW_TAGS = """tags = list_filter(tags, lambda tag: NOT list_contains(?::VARCHAR[], tag)) ||
    list_filter(?::VARCHAR[], lambda tag: NOT list_contains(tags, tag) OR list_contains(?::VARCHAR[], tag))"""


class DemonstrationRepository(DemonstrationHistory):
    """Table ``demonstrations`` and its append-only history ``demonstration_versions``."""

    def list(
        self,
        *,
        order: Order = "added",
        limit: int | None = None,
        offset: int = 0,
        cursor: DuckDBPyConnection | None = None,
        **wanted: Unpack[Filter],
    ) -> Demonstrations:
        """Rows in the order they were added, or as asked."""
        if wanted.get("search") and limit is not None and cursor is None:
            return self._page_found(self._found(order, wanted)[offset : offset + limit].tolist())
        chosen = where(wanted)
        with self._read(cursor) as reader:
            reader.execute(
                f"SELECT {COLUMNS} FROM demonstrations{chosen.sql} ORDER BY {ORDERS[order]}{page(limit, offset)}",
                chosen.parameters,
            )
            return fetch(reader, Demonstration)

    def _page_found(self, positions: Sequence[int]) -> Demonstrations:
        with self._read() as reader:
            reader.execute(
                f"""SELECT {COLUMNS} FROM demonstrations WHERE position IN (SELECT unnest($places::BIGINT[]))
                ORDER BY list_position($places::BIGINT[], position)""",
                {"places": list(positions)},
            )
            return fetch(reader, Demonstration)

    def ids(self, **wanted: Unpack[Filter]) -> Ids:
        """The ids that ``list`` would give with the same filter, in the order they were added."""
        chosen = where(wanted)
        with self._read() as reader:
            reader.execute(f"SELECT id FROM demonstrations{chosen.sql} ORDER BY position", chosen.parameters)
            return [row[0] for row in reader.fetchall()]

    def get(self, id: str, cursor: DuckDBPyConnection | None = None) -> Demonstration:
        """The row. Raises RowNotFound."""
        with self._read(cursor) as reader:
            reader.execute(f"SELECT {COLUMNS} FROM demonstrations WHERE id = ?", [id])
            row = fetch_one(reader, Demonstration)
            if row is None:
                raise RowNotFound("demonstration", id)
            return row

    def add_many(self, rows: Sequence[Demonstration], cursor: DuckDBPyConnection | None = None) -> int:
        """Adds rows in bulk, in order; returns their number. Does not look for duplicates.

        Prompts and responses must be stripped: so are contents compared.
        """
        return self._write(lambda own: _insert(own, rows), cursor)

    def has_content(self, prompt: str, response: str, cursor: DuckDBPyConnection | None = None) -> bool:
        """Whether a row has this content."""
        wanted = content_form(prompt, response)
        with self._read(cursor) as reader:
            reader.execute("SELECT prompt, response FROM demonstrations WHERE prompt_key = ?", [prompt_key(prompt)])
            return any(content_form(*row) == wanted for row in reader.fetchall())

    def side_of(self, prompt: str, cursor: DuckDBPyConnection | None = None) -> tuple[int, Split] | None:
        """Group and split of the rows whose prompt has the same words; None where there is none."""
        with self._read(cursor) as reader:
            reader.execute(
                "SELECT group_key, split FROM demonstrations WHERE prompt_key = ? ORDER BY position LIMIT 1",
                [prompt_key(prompt)],
            )
            rows = reader.fetchall()
            return (rows[0][0], rows[0][1]) if rows else None

    def of_group(self, group_key: int, cursor: DuckDBPyConnection | None = None) -> Demonstrations:
        """The rows of a group, in order."""
        with self._read(cursor) as reader:
            reader.execute(f"SELECT {COLUMNS} FROM demonstrations WHERE group_key = ? ORDER BY position", [group_key])
            return fetch(reader, Demonstration)

    def of_ids(self, ids: Sequence[str], cursor: DuckDBPyConnection | None = None) -> Demonstrations:
        """The rows with these ids that exist, in order."""
        with self._read(cursor) as reader:
            reader.execute(
                f"SELECT {COLUMNS} FROM demonstrations WHERE list_contains(?::VARCHAR[], id) ORDER BY position",
                [list(ids)],
            )
            return fetch(reader, Demonstration)

    def ids_of_facts(self, fact_ids: Sequence[str]) -> Ids:
        """The ids of the rows that word one of these facts."""
        with self._read() as reader:
            reader.execute("SELECT id FROM demonstrations WHERE list_contains(?::VARCHAR[], fact_id)", [list(fact_ids)])
            return [row[0] for row in reader.fetchall()]

    def update(self, row: Demonstration, by: str, cursor: DuckDBPyConnection | None = None) -> str:
        """Replaces the row of that id, keeps the old one as a version and returns its id; sets ``updated_at``.

        Raises RowNotFound.
        """

        def write(own: DuckDBPyConnection) -> str:
            version_id = self._archive(own, self.get(row.id, own), "edited", by)
            _replace(own, row)
            return version_id

        return self._write(write, cursor)

    def delete(self, id: str, by: str, cursor: DuckDBPyConnection | None = None) -> None:
        """Removes the row and keeps it as a version that can be restored. Raises RowNotFound."""

        def write(own: DuckDBPyConnection) -> None:
            self._archive(own, self.get(id, own), "deleted", by)
            own.execute("DELETE FROM demonstrations WHERE id = ?", [id])

        self._write(write, cursor)

    def change_many(
        self,
        ids: Sequence[str],
        changes: Mapping[str, Any],
        by: str,
        *,
        add_tags: Sequence[str] = (),
        remove_tags: Sequence[str] = (),
        cursor: DuckDBPyConnection | None = None,
    ) -> Ids:
        """Sets columns (any but the texts) of many rows at once; returns the ids of the versions that it keeps."""

        def write(own: DuckDBPyConnection) -> Ids:
            with arrow_view(own, "chosen_ids", [{"id": id} for id in ids]):
                versions = self._archive_chosen(own, "edited", by)
                sets = [f"{name} = ?" for name in changes]
                values = [encoded(value) for value in changes.values()]
                if add_tags or remove_tags:
                    sets.append(_NEW_TAGS)
                    values += [list(remove_tags), list(add_tags), list(remove_tags)]
                own.execute(
                    f"UPDATE demonstrations SET {', '.join([*sets, 'updated_at = ?'])} "
                    "WHERE id IN (SELECT id FROM chosen_ids)",
                    [*values, encoded(datetime.now(UTC))],
                )
                return versions

        return self._write(write, cursor) if ids else []

    def delete_many(self, ids: Sequence[str], by: str, cursor: DuckDBPyConnection | None = None) -> Ids:
        """Removes many rows at once; returns the ids of the versions that it keeps."""

        def write(own: DuckDBPyConnection) -> Ids:
            with arrow_view(own, "chosen_ids", [{"id": id} for id in ids]):
                versions = self._archive_chosen(own, "deleted", by)
                own.execute("DELETE FROM demonstrations WHERE id IN (SELECT id FROM chosen_ids)")
                return versions

        return self._write(write, cursor) if ids else []

    def restore(
        self,
        version_id: str,
        by: str,
        cursor: DuckDBPyConnection | None = None,
        *,
        split: Split | None = None,
    ) -> Demonstration:
        """Makes a version the current row again, a deleted one included, in ``split`` if stated.

        Raises RowNotFound.
        """

        def write(own: DuckDBPyConnection) -> Demonstration:
            version = version_of(own, version_id)
            values = {field: getattr(version, field) for field in COLUMNS.split(", ") if field != "id"}
            row = Demonstration(id=version.demonstration_id, **values)
            row = dataclasses.replace(row, split=split or row.split)
            try:
                current = self.get(row.id, own)
            except RowNotFound:
                _insert(own, [row])
            else:
                self._archive(own, current, "restored", by)
                _replace(own, row)
            return self.get(row.id, own)

        return self._write(write, cursor)


def _insert(cursor: DuckDBPyConnection, rows: Sequence[Demonstration]) -> int:
    start = int(scalar(cursor.execute("SELECT coalesce(max(position) + 1, 0) FROM demonstrations")))
    records: list[dict[str, Any]] = [
        record_of(row) | _keys(row) | {"position": start + index} for index, row in enumerate(rows)
    ]
    return insert_many(cursor, "demonstrations", records)


def _keys(row: Demonstration) -> dict[str, Any]:
    key = prompt_key(row.prompt)
    return {"prompt_key": key, "group_key": row.group_key or key}


def _replace(cursor: DuckDBPyConnection, row: Demonstration) -> None:
    record = record_of(row) | _keys(row) | {"updated_at": datetime.now(UTC)}
    del record["id"], record["created_at"]
    assignments = ", ".join(f"{name} = ?" for name in record)
    values = [encoded(value) for value in record.values()]
    cursor.execute(f"UPDATE demonstrations SET {assignments} WHERE id = ?", [*values, row.id])

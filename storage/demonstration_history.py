"""Every state that a demonstration had before it was changed, kept and looked up."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from duckdb import DuckDBPyConnection

from storage.demonstration_counts import DemonstrationCounts
from storage.demonstration_rows import Action, Demonstration, DemonstrationVersion
from storage.errors import RowNotFound
from storage.repository import encoded, fetch, fetch_one, insert_many, record_of

COLUMNS = ", ".join(field.name for field in dataclasses.fields(Demonstration))
_VERSION_COLUMNS = ", ".join(field.name for field in dataclasses.fields(DemonstrationVersion))

Ids = list[str]
DemonstrationVersions = list[DemonstrationVersion]


class DemonstrationHistory(DemonstrationCounts):
    """The append-only table ``demonstration_versions``."""

    def history(self, id: str, cursor: DuckDBPyConnection | None = None) -> DemonstrationVersions:
        """The states the row had before, newest first; also those of a deleted row."""
        with self._read(cursor) as reader:
            reader.execute(
                f"""SELECT {_VERSION_COLUMNS} FROM demonstration_versions WHERE demonstration_id = ?
                ORDER BY replaced_at DESC, rowid DESC""",
                [id],
            )
            return fetch(reader, DemonstrationVersion)

    def newest_versions(
        self, version_ids: Sequence[str], cursor: DuckDBPyConnection | None = None
    ) -> DemonstrationVersions:
        """Of each row that one of these is a version of, the newest version: another one where it changed since."""
        with self._read(cursor) as reader:
            reader.execute(
                f"""SELECT {_VERSION_COLUMNS} FROM demonstration_versions WHERE demonstration_id IN (
                    SELECT demonstration_id FROM demonstration_versions WHERE id IN (SELECT unnest(?::VARCHAR[])))
                QUALIFY row_number() OVER (PARTITION BY demonstration_id ORDER BY replaced_at DESC, rowid DESC) = 1
                ORDER BY replaced_at, rowid""",
                [list(version_ids)],
            )
            return fetch(reader, DemonstrationVersion)

    def _archive_chosen(self, cursor: DuckDBPyConnection, action: Action, by: str) -> Ids:
        kept = COLUMNS.removeprefix("id, ")
        cursor.execute(
            f"""INSERT INTO demonstration_versions BY NAME
            SELECT left(replace(uuid()::VARCHAR, '-', ''), 12) AS id, id AS demonstration_id, {kept},
                ? AS action, ? AS replaced_by, ? AS replaced_at
            FROM demonstrations WHERE id IN (SELECT id FROM chosen_ids) RETURNING id""",
            [action, by, encoded(datetime.now(UTC))],
        )
        return [id for (id,) in cursor.fetchall()]

    def _archive(self, cursor: DuckDBPyConnection, row: Demonstration, action: Action, by: str) -> str:
        record = record_of(row)
        record |= {
            "id": uuid.uuid4().hex[:12],
            "demonstration_id": row.id,
            "action": action,
            "replaced_by": by,
            "replaced_at": datetime.now(UTC),
        }
        insert_many(cursor, "demonstration_versions", [record])
        return str(record["id"])


def version_of(cursor: DuckDBPyConnection, version_id: str) -> DemonstrationVersion:
    """The version. Raises RowNotFound."""
    cursor.execute(f"SELECT {_VERSION_COLUMNS} FROM demonstration_versions WHERE id = ?", [version_id])
    version = fetch_one(cursor, DemonstrationVersion)
    if version is None:
        raise RowNotFound("version", version_id)
    return version

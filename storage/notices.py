"""Notices: what a run wants a person to know, such as rows that were left out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duckdb import DuckDBPyConnection

from storage.repository import Repository, fetch, insert_many


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """One notice; ``count`` is how many rows it is about, where it is about rows."""

    run_id: str
    message: str
    count: int | None
    at: datetime


StoredNotices = list[StoredNotice]


class NoticeRepository(Repository):
    """Table ``notices``."""

    def add(
        self,
        run_id: str,
        message: str,
        count: int | None,
        at: datetime,
        cursor: DuckDBPyConnection | None = None,
    ) -> None:
        """Adds a notice."""
        record = {"run_id": run_id, "message": message, "count": count, "noticed_at": at}
        self._write(lambda own: insert_many(own, "notices", [record]), cursor)

    def list(self, run_id: str) -> StoredNotices:
        """The run's notices in order; one that a resumed run repeated is listed once."""
        with self._read() as reader:
            reader.execute(
                """SELECT run_id, message, count, min(noticed_at) AS "at" FROM notices WHERE run_id = ?
                GROUP BY run_id, message, count ORDER BY "at", min(rowid)""",
                [run_id],
            )
            return fetch(reader, StoredNotice)

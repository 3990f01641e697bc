"""What storage raises on purpose.

DatabaseError            the database refused; ``str(error)`` is one sentence
├── DatabaseInUse        another process owns the file
├── DatabaseConflict     two transactions touched the same rows; the whole transaction may be tried again
├── RowNotFound          no row of that id
└── RowConflict          the row would contradict one that exists (a second live vote, a taken id)
"""

from __future__ import annotations

from pathlib import Path


class DatabaseError(Exception):
    """The database refused to read or write; nothing of the transaction was kept."""


class DatabaseInUse(DatabaseError):
    """Another process owns the file.

    ``pid`` and ``owner`` say which, where that is known.
    """

    def __init__(self, path: Path, pid: int | None, owner: str | None) -> None:
        self.path = path
        self.pid = pid
        self.owner = owner
        holder = f"{owner or 'another program'} (process {pid})" if pid else "another process"
        super().__init__(f"{path} is in use by {holder}")


class DatabaseConflict(DatabaseError):
    """Two transactions touched the same rows; trying the whole transaction again may succeed."""


class RowNotFound(DatabaseError):
    """No row of that id exists."""

    def __init__(self, what: str, key: str) -> None:
        super().__init__(f"There is no {what} {key!r} in this workspace.")


class RowConflict(DatabaseError):
    """The row would contradict one that exists already."""

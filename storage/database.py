"""One DuckDB file with one owner process.

DuckDB's own file lock is a POSIX lock: it vanishes without a word when the owner merely opens and closes
the file itself. A second lock, ``NAME.lock``, is therefore held beside it for as long as the database is
open, and nothing here ever touches the database file except through DuckDB.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import duckdb
from duckdb import DuckDBPyConnection
from filelock import FileLock, Timeout

from storage.errors import DatabaseConflict, DatabaseError, DatabaseInUse

T = TypeVar("T")

ATTEMPTS = 5
"""A transaction that meets a conflict is tried at most this often."""

DISK_FULL_REASONS = ("No space left on device", "Disk quota exceeded", "File too large")
"""How the operating system says that a file cannot grow."""

MEMORY_LIMIT = "2GB"
"""DuckDB would take 80% of the machine by default; the models need it more."""


class Database:
    """The open database of one workspace; safe to share between threads.

    Every call takes a cursor of its own: one connection shared by several threads hands out wrong answers.
    Writers pass one at a time.
    """

    def __init__(self, path: Path, lock: FileLock, connection: DuckDBPyConnection) -> None:
        self.path = path
        self._lock = lock
        self._connection = connection
        self._connection_guard = threading.Lock()
        self._write_lock = threading.Lock()
        self._writer: int | None = None
        self._closed = False
        self.writes = 0
        """Write transactions so far; what was read before the last of them may be old."""

    @classmethod
    def open(cls, path: Path, owner: str) -> Database:
        """Opens or creates the file. ``owner`` tells others which program holds it.

        Raises DatabaseInUse when another process (or another Database of this one) holds it, and
        DatabaseError when it cannot be read.
        """
        path = path.resolve()
        lock = _take_lock(path, owner)
        try:
            return cls(path, lock, _connect(path))
        except BaseException:
            lock.release()
            raise

    @contextmanager
    def read(self) -> Iterator[DuckDBPyConnection]:
        """A cursor of its own for reading.

        Raises DatabaseError with one sentence.
        """
        try:
            cursor = self._cursor()
            try:
                yield cursor
            finally:
                cursor.close()
        except duckdb.Error as error:
            self._after_failure(error)
            raise as_database_error(error) from error

    @contextmanager
    def write(self) -> Iterator[DuckDBPyConnection]:
        """A cursor inside a transaction: committed at the end, rolled back on anything raised.

        ``BaseException`` counts too, as a page's rerun or Ctrl-C may end the block anywhere. Raises
        DatabaseError; RuntimeError where the thread is inside a write already and should have passed its
        cursor on.
        """
        if self._writer == threading.get_ident():
            raise RuntimeError("a write inside a write: pass the cursor of the outer one")
        with self._write_lock:
            self._writer = threading.get_ident()
            try:
                cursor = self._cursor()
                try:
                    yield from _transaction(cursor)
                finally:
                    cursor.close()
            except duckdb.Error as error:
                self._after_failure(error)
                raise as_database_error(error) from error
            finally:
                self._writer = None
                self.writes += 1

    def run_write(self, fn: Callable[[DuckDBPyConnection], T]) -> T:
        """Runs ``fn`` in a transaction and returns its result; the whole of it again after a conflict.

        ``fn`` may therefore run several times and must do nothing but write through its cursor.
        """
        for attempt in range(1, ATTEMPTS):
            try:
                with self.write() as cursor:
                    return fn(cursor)
            except DatabaseConflict:
                time.sleep(0.01 * 2**attempt)
        with self.write() as cursor:
            return fn(cursor)

    def checkpoint(self) -> None:
        """Folds the write-ahead log into the file."""
        with self._write_lock, self.read() as cursor:
            cursor.execute("CHECKPOINT")

    def backup(self, target: Path) -> None:
        """Writes a consistent copy to ``target``, a new file inside the workspace's folder.

        The only way to copy the database: copying the file itself would drop DuckDB's lock on it.
        Raises DatabaseError where the target exists or lies elsewhere.
        """
        if target.exists():
            raise DatabaseError(f"{target} exists already; name a new file for the backup.")
        with self._write_lock, self.read() as cursor:
            name = cursor.execute("SELECT current_database()").fetchall()[0][0]
            cursor.execute(f"ATTACH {_quoted(str(target.resolve()))} AS backup_copy")
            try:
                cursor.execute(f'COPY FROM DATABASE "{name}" TO backup_copy')
            finally:
                cursor.execute("DETACH backup_copy")

    def close(self) -> None:
        """Waits for the writer, closes the file and lets the lock go. Closing twice is fine."""
        with self._write_lock, self._connection_guard:
            if self._closed:
                return
            self._closed = True
            try:
                with suppress(duckdb.Error):  # an invalidated database cannot be closed any better
                    self._connection.close()
            finally:
                self._lock.release()

    def _cursor(self) -> DuckDBPyConnection:
        with self._connection_guard:
            if self._closed:
                raise DatabaseError("The workspace is closed.")
            return self._connection.cursor()

    def _after_failure(self, error: duckdb.Error) -> None:
        """After a fatal error (a full disk while committing) DuckDB refuses everything until opened anew."""
        if not isinstance(error, duckdb.FatalException):
            return
        with self._connection_guard, suppress(duckdb.Error, DatabaseError):
            if not self._closed:
                self._connection.close()
                self._connection = _connect(self.path)


def _transaction(cursor: DuckDBPyConnection) -> Iterator[DuckDBPyConnection]:
    cursor.execute("BEGIN TRANSACTION")
    try:
        yield cursor
        # After an error that the block caught itself, COMMIT returns and discards everything; a plain
        # statement raises instead.
        cursor.execute("SELECT 1").fetchall()
        cursor.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.Error):  # the transaction may be over already
            cursor.execute("ROLLBACK")
        raise


def _take_lock(path: Path, owner: str) -> FileLock:
    record = {"pid": os.getpid(), "owner": owner, "since": datetime.now(UTC).isoformat(timespec="seconds")}

    def write_record(descriptor: int) -> None:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(record).encode(), 0)

    lock_path = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(lock_path, timeout=0, thread_local=False, on_acquired=write_record)
        lock.acquire()
    except Timeout as error:
        pid, name = _lock_holder(lock_path)
        raise DatabaseInUse(path, pid, name) from error
    except OSError as error:
        raise DatabaseError(f"{path.parent} cannot be written: {error.strerror or error}.") from error
    return lock


def _lock_holder(lock_path: Path) -> tuple[int | None, str | None]:
    try:
        record = json.loads(lock_path.read_text())
        return int(record["pid"]), str(record["owner"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, None


def _connect(path: Path) -> DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "autoinstall_known_extensions": False,  # there is no network to fetch them from
        "autoload_known_extensions": False,
        "python_enable_replacements": False,  # a table name must never reach a Python variable
    }
    try:
        connection = duckdb.connect(str(path), config=config)
    except duckdb.Error as error:
        raise _open_error(path, error) from error
    # The order matters: each statement forbids the one before it.
    connection.execute(f"SET allowed_directories = [{_quoted(str(path.parent))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _open_error(path: Path, error: duckdb.Error) -> DatabaseError:
    text = str(error)
    if "lock" in text.lower():
        # Somebody opened the file without our sidecar lock, with DuckDB's own shell for instance.
        found = re.search(r"PID (\d+)", text)
        return DatabaseInUse(path, int(found[1]) if found else None, "another DuckDB program")
    return DatabaseError(f"{path} cannot be opened: {_first_line(text)}")


def as_database_error(error: duckdb.Error) -> DatabaseError:
    """DuckDB's error as one sentence that says what to do."""
    text = _first_line(str(error))
    if any(reason in str(error) for reason in DISK_FULL_REASONS):
        return DatabaseError("The disk is full; nothing of this was saved. Free some space and try again.")
    if isinstance(error, duckdb.TransactionException) and "conflict" in text.lower():
        return DatabaseConflict(f"Two changes met on the same rows: {text}")
    return DatabaseError(f"The database refused: {text}")


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "no reason given"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

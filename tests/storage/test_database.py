"""The database: cursors, transactions, what is locked down."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.database import ATTEMPTS, Database
from storage.errors import DatabaseConflict, DatabaseError
from storage.repository import encoded, fetch_records, insert_many, scalar


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "test.duckdb", "test")
    with opened.write() as cursor:
        cursor.execute("CREATE TABLE numbers (thread BIGINT, number BIGINT)")
    yield opened
    opened.close()


def _count(db: Database) -> int:
    with db.read() as cursor:
        return int(scalar(cursor.execute("SELECT count(*) FROM numbers")))


def test_eight_threads_read_right_answers(db: Database) -> None:
    wrong: list[object] = []

    def read(number: int) -> None:
        for index in range(100):
            with db.read() as cursor:
                answer = scalar(cursor.execute("SELECT ? * 1000 + ?", [number, index]))
            if answer != number * 1000 + index:
                wrong.append(answer)

    _in_threads(8, read)
    assert wrong == []


def test_eight_threads_write_every_row(db: Database) -> None:
    def write(number: int) -> None:
        for index in range(25):
            with db.write() as cursor:
                cursor.execute("INSERT INTO numbers VALUES (?, ?)", [number, index])

    _in_threads(8, write)
    assert _count(db) == 200


class _PageRerun(BaseException):
    """As Streamlit ends a script: no Exception."""


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, _PageRerun, SystemExit])
def test_whatever_is_raised_rolls_back(db: Database, error: type[BaseException]) -> None:
    def half() -> None:
        with db.write() as cursor:
            cursor.execute("INSERT INTO numbers VALUES (1, 1)")
            raise error

    with pytest.raises(error):
        half()
    assert _count(db) == 0
    with db.write() as cursor:  # the write lock is free again
        cursor.execute("INSERT INTO numbers VALUES (1, 2)")
    assert _count(db) == 1


def test_commit_after_a_swallowed_error_is_no_silent_loss(db: Database) -> None:
    def swallow() -> None:
        with db.write() as cursor:
            cursor.execute("INSERT INTO numbers VALUES (1, 1)")
            with pytest.raises(duckdb.Error):
                cursor.execute("SELECT error('inside')")

    with pytest.raises(DatabaseError):
        swallow()
    assert _count(db) == 0


def test_a_conflict_runs_the_whole_transaction_again(db: Database) -> None:
    calls = []

    def write(cursor: duckdb.DuckDBPyConnection) -> str:
        calls.append(1)
        cursor.execute("INSERT INTO numbers VALUES (0, ?)", [len(calls)])
        if len(calls) < 3:
            raise duckdb.TransactionException("TransactionContext Error: Conflict on update!")
        return "done"

    assert db.run_write(write) == "done"
    with db.read() as cursor:
        assert cursor.execute("SELECT number FROM numbers").fetchall() == [(3,)]


def test_conflicts_are_not_retried_for_ever(db: Database) -> None:
    calls = []

    def write(cursor: duckdb.DuckDBPyConnection) -> None:
        calls.append(cursor)
        raise duckdb.TransactionException("TransactionContext Error: Conflict on update!")

    with pytest.raises(DatabaseConflict):
        db.run_write(write)
    assert len(calls) == ATTEMPTS


def test_a_write_inside_a_write_is_refused_at_once(db: Database) -> None:
    with db.write(), pytest.raises(RuntimeError, match="pass the cursor"), db.write():
        pass
    assert _count(db) == 0


def test_nothing_outside_the_folder_can_be_read_or_written(db: Database, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.csv"
    outside.write_text("a\n1\n")
    for statement in (
        f"SELECT * FROM read_csv('{outside}')",
        f"COPY numbers TO '{outside}.out'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET lock_configuration = false",
    ):
        with pytest.raises(DatabaseError), db.read() as cursor:
            cursor.execute(statement)
    assert not outside.with_name(outside.name + ".out").exists()


def test_sql_cannot_reach_python_variables(db: Database) -> None:
    secret = duckdb.sql("SELECT 42 AS answer")
    with pytest.raises(DatabaseError), db.read() as cursor:
        cursor.execute("SELECT * FROM secret")
    del secret


def test_errors_are_one_sentence(db: Database) -> None:
    with pytest.raises(DatabaseError) as caught, db.read() as cursor:
        cursor.execute("SELECT * FROM nowhere")
    assert "\n" not in str(caught.value)


def test_bulk_insert_works_beside_a_half_read_result(db: Database) -> None:
    with db.write() as cursor:
        cursor.execute("SELECT unnest(range(10))").fetchone()
        assert insert_many(cursor, "numbers", [{"thread": 1, "number": n} for n in range(50_000)]) == 50_000
    assert _count(db) == 50_000
    with db.read() as cursor, pytest.raises(DatabaseError), db.read():
        cursor.execute("SELECT * FROM new_rows")  # the view was this one cursor's and is gone


_CONNECTION = duckdb.connect()


@given(st.dictionaries(st.text(), st.floats() | st.integers() | st.text() | st.none() | st.lists(st.floats())))
def test_any_dict_becomes_json_that_duckdb_reads(value: dict[str, object]) -> None:
    _CONNECTION.execute("SELECT ?::JSON AS value", [encoded(value)])
    (record,) = fetch_records(_CONNECTION)
    assert record["value"].keys() == value.keys()


def test_a_closed_database_says_so(tmp_path: Path) -> None:
    db = Database.open(tmp_path / "closed.duckdb", "test")
    db.close()
    db.close()
    with pytest.raises(DatabaseError, match="closed"), db.read():
        pass


def test_backup_is_a_database_of_its_own(db: Database, tmp_path: Path) -> None:
    with db.write() as cursor:
        cursor.execute("INSERT INTO numbers VALUES (7, 7)")
    db.backup(tmp_path / "copy.duckdb")
    with pytest.raises(DatabaseError, match="exists already"):
        db.backup(tmp_path / "copy.duckdb")
    with pytest.raises(DatabaseError):
        db.backup(tmp_path.parent / f"{tmp_path.name}-elsewhere.duckdb")
    copy = Database.open(tmp_path / "copy.duckdb", "test")
    assert _count(copy) == 1
    copy.close()
    assert _count(db) == 1


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "damaged.duckdb").write_bytes(b"not a database" * 1000)
    for _ in range(2):  # the lock is free again after the failure
        with pytest.raises(DatabaseError, match=r"damaged\.duckdb cannot be opened"):
            Database.open(tmp_path / "damaged.duckdb", "test")


def _in_threads(count: int, work: object) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

"""Migrations: from blank, from any older version, and never back."""

from __future__ import annotations

from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from storage.database import Database
from storage.errors import DatabaseError
from storage.migrations import MIGRATIONS, migrate
from storage.repository import fetch_records, scalar
from workbench.errors import StorageError
from workbench.workspace import Workspace


def _schema(path: Path) -> list[tuple[str, str, str]]:
    db = Database.open(path, "test")
    with db.read() as cursor:
        cursor.execute("SELECT table_name, column_name, data_type FROM duckdb_columns() ORDER BY ALL")
        rows: list[tuple[str, str, str]] = cursor.fetchall()
    db.close()
    return rows


@pytest.mark.parametrize("version", range(len(MIGRATIONS) + 1))
def test_every_older_version_arrives_at_the_same_schema(tmp_path: Path, version: int) -> None:
    blank = Database.open(tmp_path / "blank.duckdb", "test")
    assert migrate(blank) == len(MIGRATIONS)
    blank.close()

    old = Database.open(tmp_path / "old.duckdb", "test")
    assert migrate(old, MIGRATIONS[:version]) == version
    old.close()
    old = Database.open(tmp_path / "old.duckdb", "test")
    assert migrate(old) == len(MIGRATIONS) - version
    assert migrate(old) == 0
    with old.read() as cursor:
        cursor.execute("SELECT version, name FROM schema_migrations ORDER BY version")
        applied = [(record["version"], record["name"]) for record in fetch_records(cursor)]
    old.close()
    assert applied == [(number, step.__name__) for number, step in enumerate(MIGRATIONS, start=1)]
    assert _schema(tmp_path / "old.duckdb") == _schema(tmp_path / "blank.duckdb")


def test_rows_survive_a_migration(tmp_path: Path) -> None:
    def rename(cursor: DuckDBPyConnection) -> None:
        cursor.execute("ALTER TABLE snapshots ADD COLUMN note VARCHAR DEFAULT 'none'")

    db = Database.open(tmp_path / "old.duckdb", "test")
    migrate(db)
    with db.write() as cursor:
        cursor.execute("INSERT INTO snapshots VALUES ('s', 'k', 'h', 1, 'p', '2026-01-01', 'n', '{}')")
    assert migrate(db, [*MIGRATIONS, rename]) == 1
    with db.read() as cursor:
        assert scalar(cursor.execute("SELECT note FROM snapshots WHERE id = 's'")) == "none"
    db.close()


def test_a_failing_step_leaves_the_version_before_it(tmp_path: Path) -> None:
    def fail(cursor: DuckDBPyConnection) -> None:
        cursor.execute("CREATE TABLE half (a BIGINT)")
        raise ValueError("in the middle")

    db = Database.open(tmp_path / "old.duckdb", "test")
    with pytest.raises(ValueError, match="in the middle"):
        migrate(db, [*MIGRATIONS, fail])
    with db.read() as cursor:
        assert scalar(cursor.execute("SELECT max(version) FROM schema_migrations")) == len(MIGRATIONS)
        assert scalar(cursor.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'half'")) == 0
    assert migrate(db) == 0
    db.close()


def test_a_newer_database_is_refused_and_untouched(tmp_path: Path) -> None:
    def future(cursor: DuckDBPyConnection) -> None:
        cursor.execute("CREATE TABLE future (a BIGINT)")

    db = Database.open(tmp_path / "w" / "workbench.duckdb", "test")
    migrate(db, [*MIGRATIONS, future])
    with pytest.raises(DatabaseError, match="newer workbench"):
        migrate(db)
    db.close()
    with pytest.raises(StorageError, match="update the workbench"):
        Workspace.open(tmp_path / "w")
    assert ("future", "a", "BIGINT") in _schema(tmp_path / "w" / "workbench.duckdb")


def test_no_keys_and_no_indexes(workspace: Workspace) -> None:
    with workspace.database.read() as cursor:
        assert scalar(cursor.execute("SELECT count(*) FROM duckdb_indexes()")) == 0
        kinds = cursor.execute("SELECT DISTINCT constraint_type FROM duckdb_constraints()").fetchall()
    assert {kind for (kind,) in kinds} <= {"NOT NULL"}

"""Migrations: from blank, from any older version, and never back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from storage.database import Database
from storage.errors import DatabaseError
from storage.migrations import MIGRATIONS, migrate
from storage.repository import fetch_records, insert_many, scalar
from storage.text_keys import prompt_key
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


def test_former_keys_of_prompts_give_way_and_rows_keep_their_split(tmp_path: Path) -> None:
    path = tmp_path / "w" / "workbench.duckdb"
    db = Database.open(path, "test")
    migrate(db, MIGRATIONS[:9])
    prompts = ["Where is HR?", "where's HR", "Wo ist die Straße?", "?!"]
    time = datetime(2026, 1, 1, tzinfo=UTC)
    common = {
        "response": "Upstairs.", "tags": ["a"], "source": "s", "author": "Ann", "status": "approved", "split": "test",
        "created_at": time, "updated_at": time, "group_key": 7,
    }  # fmt: skip
    with db.write() as cursor:
        rows = [
            {"id": str(n), "prompt": prompt, "content_key": "0" * 64, "position": n, "prompt_key": 7, **common}
            for n, prompt in enumerate(prompts)
        ]
        insert_many(cursor, "demonstrations", rows)
        version = {"id": "v", "demonstration_id": "0", "prompt": "Where was HR?", "action": "edited"}
        version |= {"replaced_by": "Ann", "replaced_at": time} | common
        insert_many(cursor, "demonstration_versions", [version])
    db.close()
    with Workspace.open(path.parent) as ws:
        with ws.database.read() as cursor:
            cursor.execute("SELECT prompt, prompt_key, group_key, split FROM demonstrations ORDER BY position")
            assert cursor.fetchall() == [(prompt, prompt_key(prompt), prompt_key(prompt), "test") for prompt in prompts]
            assert scalar(cursor.execute("SELECT group_key FROM demonstration_versions")) == prompt_key("Where was HR?")
        assert ws.demonstrations.side_of("HR, where?") == (prompt_key("Where is HR?"), "test")
        assert ws.demonstrations.has_content("Where is  HR?", "Upstairs.")


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

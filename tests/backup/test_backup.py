"""Backups: whole, made while everything goes on, restored anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storage.snapshots import Snapshot
from tests.conftest import MakeRun
from workbench.backup.requests import BackupDesk, ask_owner
from workbench.backup.restoring import read_manifest, restore_backup
from workbench.backup.writing import write_backup
from workbench.demonstrations.editing import add_demonstration
from workbench.errors import InvalidInput, StorageError, UnreadableFile, WorkspaceInUse
from workbench.runs.run_dir import RunDir
from workbench.workspace import Workspace


@pytest.fixture
def filled(workspace: Workspace, make_run: MakeRun) -> Workspace:
    """One demonstration, one run with a complete and a half-written checkpoint, a snapshot file."""
    add_demonstration(workspace, prompt="Where is HR?", response="Third floor.", author="Ada")
    run = make_run("sft")
    folder = RunDir(workspace.root / run.directory)
    folder.save_checkpoint(3, lambda place: (place / "weights").write_text("w3") and None)
    half = folder.checkpoints / "checkpoint-4"
    half.mkdir()
    (half / "weights").write_text("half")
    (folder.checkpoints / ".writing-checkpoint-5").mkdir()
    (folder.checkpoints / "README.md").write_text("of the Trainer")
    folder.events_path.write_text('{"seq": 0}\n')
    (folder.data / "demonstrations.parquet").write_bytes(b"rows")
    # Absolute paths, as launched runs have them.
    workspace.runs.update(run.id, status="running", pid=1, pid_created=1.0, directory=str(folder.path))
    path = str(folder.data / "demonstrations.parquet")
    workspace.snapshots.add(Snapshot("s1", "demonstrations", "hash", 1, path, datetime.now(UTC), counts={}))
    return workspace


def test_a_backup_is_restored_elsewhere_with_everything_in_it(filled: Workspace, tmp_path: Path) -> None:
    made = write_backup(filled, tmp_path / "all.tar.gz")
    assert (made.demonstrations, made.runs) == (1, 1)
    assert read_manifest(tmp_path / "all.tar.gz").demonstrations == 1
    (tmp_path / "all.tar.gz").rename(tmp_path / "carried.tar.gz")
    held = restore_backup(tmp_path / "carried.tar.gz", tmp_path / "elsewhere")
    assert (held.path, held.bytes) == (str(tmp_path / "carried.tar.gz"), made.bytes)
    with Workspace.open(tmp_path / "elsewhere") as there:
        assert [row.prompt for row in there.demonstrations.list()] == ["Where is HR?"]
        (run,) = there.runs.list()
        folder = RunDir(there.root / run.directory)
        assert folder.path == there.root / "runs" / "sft-001"
        assert {step: (path / "weights").read_text() for step, path in folder.complete_checkpoints().items()} == {
            3: "w3"
        }
        assert not (folder.checkpoints / "checkpoint-4").exists()
        assert (folder.checkpoints / "README.md").read_text() == "of the Trainer"
        assert folder.events_path.read_text() == '{"seq": 0}\n'
        assert there.snapshots.list()[0].path == str(folder.data / "demonstrations.parquet")
        # Its worker, if it lives, works for the other workspace.
        assert (run.status, run.pid) == ("interrupted", None)
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == [
        "models", "runs", "workbench.duckdb", "workbench.duckdb.lock",
    ]  # fmt: skip


def test_nothing_is_left_in_the_workspace_and_the_database_stays_locked(filled: Workspace, tmp_path: Path) -> None:
    before = sorted(path.name for path in filled.root.iterdir())
    write_backup(filled, tmp_path / "all.tar")
    assert sorted(path.name for path in filled.root.iterdir()) == before
    code = "import sys, duckdb\ntry: duckdb.connect(sys.argv[1])\nexcept duckdb.Error: print('locked')"
    command = [sys.executable, "-c", code, str(filled.root / "workbench.duckdb")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "locked"


def test_writers_and_workers_go_on_while_a_backup_is_written(filled: Workspace, tmp_path: Path) -> None:
    """Rows are in the backup or not, whole; and files that go away meanwhile spoil nothing."""
    folder = RunDir(filled.root / "runs" / "sft-001")
    done = threading.Event()
    problems: list[BaseException] = []

    def write() -> None:
        try:
            number = 0
            while not done.is_set():
                add_demonstration(filled, prompt=f"Q{number}?", response="A", author="Ben")
                folder.save_checkpoint(10 + number, lambda place: (place / "weights").write_text("w") and None)
                folder.prune_checkpoints(1)
                number += 1
        except BaseException as error:
            problems.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for index in range(3):
            write_backup(filled, tmp_path / f"{index}.tar")
    finally:
        done.set()
        writer.join()
    assert problems == []
    for index in range(3):
        restore_backup(tmp_path / f"{index}.tar", tmp_path / f"there-{index}")
        with Workspace.open(tmp_path / f"there-{index}") as there:
            prompts = [row.prompt for row in there.demonstrations.list()]
            assert prompts == ["Where is HR?", *(f"Q{number}?" for number in range(len(prompts) - 1))]
        for path in RunDir(tmp_path / f"there-{index}" / "runs" / "sft-001").complete_checkpoints().values():
            assert (path / "weights").is_file()


@pytest.mark.parametrize("name", ["all.zip", "runs/all.tar", "workbench.duckdb"])
def test_targets_that_cannot_be_are_refused(filled: Workspace, name: str) -> None:
    with pytest.raises(InvalidInput):
        write_backup(filled, filled.root / name)


def test_a_file_that_is_there_is_never_overwritten(filled: Workspace, tmp_path: Path) -> None:
    (tmp_path / "all.tar").write_text("precious")
    with pytest.raises(InvalidInput, match="exists"):
        write_backup(filled, tmp_path / "all.tar")
    assert (tmp_path / "all.tar").read_text() == "precious"


def test_a_folder_that_is_not_empty_is_never_restored_into(filled: Workspace, tmp_path: Path) -> None:
    write_backup(filled, tmp_path / "all.tar")
    with pytest.raises(InvalidInput, match="not empty"):
        restore_backup(tmp_path / "all.tar", filled.root)
    assert filled.demonstrations.count() == 1


@pytest.mark.parametrize("content", [b"", b"no archive at all" * 100])
def test_what_is_no_backup_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tar").write_bytes(content)
    with pytest.raises(UnreadableFile):
        restore_backup(tmp_path / "x.tar", tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_a_backup_that_was_cut_off_restores_nothing(filled: Workspace, tmp_path: Path) -> None:
    write_backup(filled, tmp_path / "all.tar")
    content = (tmp_path / "all.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(UnreadableFile):
        restore_backup(tmp_path / "cut.tar", tmp_path / "there")
    assert not (tmp_path / "there").exists()
    assert not list(tmp_path.glob(".restoring-*"))


def test_a_path_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    manifest = tmp_path / "backup.json"
    manifest.write_text(
        json.dumps(
            {"format": 1, "path": "", "bytes": 0, "files": 0, "runs": 0, "demonstrations": 0, "votes": 0, "made_at": ""}
        )
    )
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        archive.add(manifest, "backup.json")
        archive.add(manifest, "../outside.txt")
    with pytest.raises(UnreadableFile):
        restore_backup(tmp_path / "evil.tar", tmp_path / "deep" / "there")
    assert not (tmp_path / "deep" / "outside.txt").exists()


def test_the_owner_writes_a_backup_that_another_process_asks_for(filled: Workspace, tmp_path: Path) -> None:
    desk = BackupDesk(filled, poll_seconds=0.02)
    desk.start()
    try:
        made = ask_owner(filled.root, tmp_path / "asked.tar", WorkspaceInUse("in use"))
        with pytest.raises(StorageError, match="exists"):
            ask_owner(filled.root, tmp_path / "asked.tar", WorkspaceInUse("in use"))
    finally:
        desk.close()
    assert made.demonstrations == read_manifest(tmp_path / "asked.tar").demonstrations == 1
    assert list((filled.root / "requests").iterdir()) == []


def test_an_owner_that_does_not_listen_is_not_waited_for(
    filled: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.backup import requests

    monkeypatch.setattr(requests, "TAKEN_WITHIN", 0.1)
    with pytest.raises(WorkspaceInUse, match="in use by"):
        ask_owner(filled.root, tmp_path / "asked.tar", WorkspaceInUse("in use by nobody"))
    assert list((filled.root / "requests").iterdir()) == []


def test_the_command_asks_the_owner_where_the_workspace_is_open(filled: Workspace, tmp_path: Path) -> None:
    desk = BackupDesk(filled, poll_seconds=0.02)
    desk.start()
    out = tmp_path / "cli.tar"
    code = "from workbench.cli import main; main()"
    command = [sys.executable, "-c", code, "backup", str(out), "--workspace", str(filled.root), "--json"]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        desk.close()
    assert ended.returncode == 0, ended.stderr
    said: dict[str, Any] = json.loads(ended.stdout)
    assert (said["demonstrations"], said["bytes"]) == (1, out.stat().st_size)


def test_a_workspace_that_was_moved_finds_its_runs(filled: Workspace, tmp_path: Path) -> None:
    root = filled.root
    filled.close()
    moved = tmp_path / "moved"
    root.rename(moved)
    with Workspace.open(moved) as there:
        assert (there.root / there.runs.get("sft-001").directory) == moved / "runs" / "sft-001"
        assert there.snapshots.list()[0].path == str(moved / "runs/sft-001/data/demonstrations.parquet")

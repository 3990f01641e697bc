"""The run's folder: checkpoints are complete or absent."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.errors import RunError
from workbench.runs.run_dir import DONE, RunDir, read_json, write_json


@pytest.fixture
def run_dir(tmp_path: Path) -> RunDir:
    return RunDir(tmp_path / "workspace" / "runs" / "sft-001")


def _save(run_dir: RunDir, step: int, text: str = "weights") -> None:
    run_dir.save_checkpoint(step, lambda folder: (folder / "w.txt").write_text(text) and None)


def test_config_is_replaced_in_one_step(run_dir: RunDir) -> None:
    run_dir.write_config({"kind": "sft", "seed": 1})
    run_dir.write_config({"kind": "sft", "name": "Bösten 🙂"})
    assert run_dir.config == {"kind": "sft", "name": "Bösten 🙂"}
    assert [path.name for path in run_dir.path.iterdir()] == ["config.json"]
    assert run_dir.workspace == run_dir.path.parent.parent
    with pytest.raises(TypeError):
        run_dir.write_config({"kind": object()})
    assert run_dir.config["kind"] == "sft"
    assert [path.name for path in run_dir.path.iterdir()] == ["config.json"]


@pytest.mark.parametrize("content", [None, "", "{", "[1]"])
def test_a_damaged_config_is_named(run_dir: RunDir, content: str | None) -> None:
    run_dir.path.mkdir(parents=True)
    if content is not None:
        run_dir.config_path.write_text(content)
    with pytest.raises(RunError, match=r"config\.json"):
        _ = run_dir.config
    assert read_json(run_dir.config_path) == {}


def test_the_newest_complete_checkpoint_counts(run_dir: RunDir) -> None:
    assert run_dir.latest_checkpoint() is None
    for step in (5, 100, 20):
        _save(run_dir, step)
    (run_dir.checkpoints / "checkpoint-200").mkdir()  # a trainer was killed while it wrote this
    (run_dir.checkpoints / "checkpoint-old").mkdir()
    found = run_dir.latest_checkpoint()
    assert found == (100, run_dir.checkpoints / "checkpoint-100")
    assert (run_dir.checkpoints / "checkpoint-100" / "w.txt").read_text() == "weights"
    run_dir.mark_complete(run_dir.checkpoints / "checkpoint-200")
    assert run_dir.latest_checkpoint() == (200, run_dir.checkpoints / "checkpoint-200")


def test_a_complete_checkpoint_is_not_written_again(run_dir: RunDir) -> None:
    _save(run_dir, 5, "first")
    _save(run_dir, 5, "second")
    assert (run_dir.checkpoints / "checkpoint-5" / "w.txt").read_text() == "first"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_checkpoint_that_fails_leaves_nothing(run_dir: RunDir, error: BaseException) -> None:
    def write(folder: Path) -> None:
        (folder / "half.txt").write_text("half")
        raise error

    _save(run_dir, 5)
    with pytest.raises(type(error)):
        run_dir.save_checkpoint(10, write)
    with pytest.raises(type(error)):
        run_dir.publish_final(write)
    assert sorted(path.name for path in run_dir.checkpoints.iterdir()) == ["checkpoint-5"]
    assert not run_dir.final.exists()


def test_pruning_keeps_the_newest(run_dir: RunDir) -> None:
    for step in (5, 10, 15, 20):
        _save(run_dir, step)
    for step in (12, 25):
        (run_dir.checkpoints / f"checkpoint-{step}").mkdir()
    run_dir.prune_checkpoints(2)
    left = sorted(path.name for path in run_dir.checkpoints.iterdir())
    assert left == ["checkpoint-15", "checkpoint-20", "checkpoint-25"]  # 25 may just be being written


def test_final_is_replaced_whole(run_dir: RunDir) -> None:
    run_dir.publish_final(lambda folder: (folder / "old.txt").touch())
    run_dir.publish_final(lambda folder: (folder / "new.txt").touch())
    assert sorted(path.name for path in run_dir.final.iterdir()) == [DONE, "new.txt"]


def test_a_starting_worker_clears_what_is_incomplete(run_dir: RunDir) -> None:
    _save(run_dir, 5)
    (run_dir.checkpoints / "checkpoint-10").mkdir()
    (run_dir.checkpoints / ".writing-checkpoint-15").mkdir()
    (run_dir.path / ".removing-final").mkdir()
    run_dir.final.mkdir()
    run_dir.clear_unfinished()
    assert [path.name for path in run_dir.checkpoints.iterdir()] == ["checkpoint-5"]
    assert [path.name for path in run_dir.path.iterdir()] == ["checkpoints"]


KILLED_WHILE_SAVING = """
import os, signal, sys
from pathlib import Path
from workbench.runs.run_dir import RunDir
run_dir, moment = RunDir(Path(sys.argv[1])), sys.argv[2]
def kill(*_): os.kill(os.getpid(), signal.SIGKILL)
def write(folder):
    (folder / "w.txt").write_text("new")
    if moment == "writing": kill()
if moment == "syncing": os.fsync = kill
if moment == "renaming": Path.rename = kill
if moment == "marking": Path.touch = kill
run_dir.save_checkpoint(10, write)
"""


@pytest.mark.parametrize("moment", ["writing", "syncing", "marking", "renaming"])
def test_a_kill_at_any_moment_leaves_the_one_before(run_dir: RunDir, moment: str) -> None:
    _save(run_dir, 5, "old")
    command = [sys.executable, "-c", KILLED_WHILE_SAVING, str(run_dir.path), moment]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    assert run_dir.latest_checkpoint() == (5, run_dir.checkpoints / "checkpoint-5")
    _save(run_dir, 10, "again")
    assert (run_dir.checkpoints / "checkpoint-10" / "w.txt").read_text() == "again"
    assert sorted(path.name for path in run_dir.checkpoints.iterdir()) == ["checkpoint-10", "checkpoint-5"]


def test_json_readers_see_old_or_new(tmp_path: Path) -> None:
    write_json(tmp_path / "new" / "control.json", {"stop": True})
    assert read_json(tmp_path / "new" / "control.json") == {"stop": True}
    assert read_json(tmp_path / "missing.json") == {}

"""The worker process: what it says when things go wrong, and its real entry point."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.runs import worker
from workbench.runs.event_log import EventWriter, read_events
from workbench.runs.events import Event, Failed, Finished, Started
from workbench.runs.run_dir import RunDir

MakeRunDir = Callable[..., RunDir]


def _work(command: list[str], run_dir: RunDir) -> tuple[int, list[Event]]:
    with run_dir.log_path.open("ab") as log:
        ended = subprocess.run([*command, str(run_dir.path)], stdout=log, stderr=log, check=False, timeout=60)
    return ended.returncode, read_events(run_dir.events_path)[0]


def test_started_comes_first_and_the_end_last(make_run_dir: MakeRunDir, stub_command: list[str]) -> None:
    run_dir = make_run_dir(config={"steps": 3})
    code, events = _work(stub_command, run_dir)
    assert code == 0
    started, ended = events[0], events[-1]
    assert isinstance(started, Started)
    assert started.resumed_from_step is None
    assert "torch" in started.versions
    assert isinstance(ended, Finished)
    assert ended.summary == {"sum": 6}
    assert (run_dir.final / "sum.txt").read_text() == "6"
    assert json.loads(run_dir.worker_path.read_text())["pid"] == started.pid


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("refuse", "There is nothing to count."),
        ("crash", "The run failed with ValueError: a defect (the whole story is in its log.txt)."),
        ("disk_full", worker.DISK_FULL),
    ],
)
def test_failures_are_one_sentence(make_run_dir: MakeRunDir, stub_command: list[str], mode: str, sentence: str) -> None:
    run_dir = make_run_dir(config={"mode": mode})
    code, events = _work(stub_command, run_dir)
    assert code == worker.EXIT_FAILED
    assert isinstance(events[-1], Failed)
    assert events[-1].message == sentence
    assert "Traceback" in run_dir.log_path.read_text()


def test_a_second_worker_leaves_the_folder_alone(make_run_dir: MakeRunDir, stub_command: list[str]) -> None:
    run_dir = make_run_dir()
    with EventWriter(run_dir.events_path):
        code, events = _work(stub_command, run_dir)
    assert (code, events) == (worker.EXIT_BUSY, [])


def test_when_not_even_the_failure_can_be_written(make_run_dir: MakeRunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    run_dir = make_run_dir()
    monkeypatch.setattr(EventWriter, "emit", full)
    assert worker.run_stage(worker.RunContext.for_directory(run_dir.path)) == worker.EXIT_DISK_FULL


def _real(config: dict[str, Any] | None, make_run_dir: MakeRunDir, tmp_path: Path) -> str:
    run_dir = RunDir(tmp_path / "workspace" / "runs" / "none")
    if config is not None:
        run_dir = make_run_dir()
        (run_dir.data / "demonstrations.parquet").write_bytes(b"rows")
        run_dir.write_config(run_dir.config | config)
    else:
        run_dir.path.mkdir(parents=True)
    code, events = _work([sys.executable, "-m", "workbench.runs.worker"], run_dir)
    assert code == worker.EXIT_FAILED
    assert isinstance(events[-1], Failed)
    return events[-1].message


def test_the_real_entry_point_names_what_is_wrong(make_run_dir: MakeRunDir, tmp_path: Path) -> None:
    assert "config.json cannot be read" in _real(None, make_run_dir, tmp_path)
    other = hashlib.sha256(b"other rows").hexdigest()
    changed = _real({"data": {"demonstrations.parquet": other}}, make_run_dir, tmp_path)
    assert "demonstrations.parquet was changed" in changed


def test_data_is_checked_before_the_stage(make_run_dir: MakeRunDir) -> None:
    run_dir = make_run_dir()
    (run_dir.data / "rows.parquet").write_bytes(b"rows")
    worker.verify_data(run_dir, {"rows.parquet": hashlib.sha256(b"rows").hexdigest()})
    with pytest.raises(worker.RunError, match="missing"):
        worker.verify_data(run_dir, {"other.parquet": ""})


def test_unknown_kinds_and_missing_stages(make_run_dir: MakeRunDir) -> None:
    run_dir = make_run_dir(kind="test_counter")
    context = worker.RunContext.for_directory(run_dir.path)
    assert worker.run_stage(context) == worker.EXIT_FAILED
    events, _ = read_events(run_dir.events_path)
    assert isinstance(events[-1], Failed)
    assert "no stage for runs of kind 'test_counter'" in events[-1].message


def test_bad_usage() -> None:
    assert worker.main([]) == 2

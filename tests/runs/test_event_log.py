"""``events.jsonl``: torn tails, numbering, odd lines, a full disk."""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import RunError
from workbench.runs import event_log
from workbench.runs.context import RunContext
from workbench.runs.event_log import EventWriter, read_events
from workbench.runs.events import Event, Finished, Metric, Notice, Sample
from workbench.runs.run_dir import write_json


def _write(path: Path, *events: Event) -> None:
    with EventWriter(path) as writer:
        for event in events:
            writer.emit(event)


def _metrics(first: int, count: int) -> list[Metric]:
    return [Metric(step=step, values={"a": float(step)}) for step in range(first, first + count)]


def test_events_are_numbered_and_timed(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    _write(path, *_metrics(0, 3))
    _write(path, Finished(summary={"x": 1}))
    events, offset = read_events(path)
    assert [event.seq for event in events] == [0, 1, 2, 3]
    assert all(event.time > 1e9 for event in events)
    assert offset == path.stat().st_size
    assert read_events(path, offset) == ([], offset)
    assert read_events(tmp_path / "missing.jsonl") == ([], 0)


def test_text_and_numbers_survive(tmp_path: Path) -> None:
    text = 'line\nbreak \u2028 "quote" \x00 🙂 \x85'
    _write(
        tmp_path / "e",
        Sample(step=1, prompt=text, response="", score=math.nan),
        Metric(step=1, values={"x": math.inf, "y": -math.inf}),
    )
    (sample, metric), _ = read_events(tmp_path / "e")
    assert isinstance(sample, Sample)
    assert isinstance(metric, Metric)
    assert sample.prompt == text
    assert sample.score is not None
    assert math.isnan(sample.score)
    assert metric.values == {"x": math.inf, "y": -math.inf}


@settings(max_examples=40)
@given(cut=st.integers(min_value=0, max_value=400))
def test_a_tail_torn_anywhere_is_repaired(cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        _write(path, *_metrics(0, 5))
        whole = path.read_bytes()
        path.write_bytes(whole[: max(len(whole) - cut, 0)])
        kept, offset = read_events(path)  # the supervisor was here before the repair
        _write(path, *_metrics(100, 2))
        events, _ = read_events(path)
        assert [event.seq for event in events] == list(range(len(kept) + 2))
        later, _ = read_events(path, offset)
        assert [event.step for event in later if isinstance(event, Metric)] == [100, 101]


def test_a_line_that_is_no_event_is_told_and_skipped(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    _write(path, *_metrics(0, 1))
    with path.open("ab") as file:
        file.write(b'{"type": "unheard of"}\n\xff\xfe garbage\n\n')
    _write(path, *_metrics(1, 1))
    events, offset = read_events(path)
    assert [event.type for event in events] == ["metric", "notice", "notice", "notice", "metric"]
    assert isinstance(events[1], Notice)
    assert "could not be read" in events[1].message
    assert events[-1].seq == 4
    assert offset == path.stat().st_size


def test_only_one_worker_writes(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventWriter(path) as writer:
        writer.emit(Notice(message="mine"))
        with pytest.raises(RunError, match="Another worker"):
            EventWriter(path)
        writer.sync()
    _write(path, Notice(message="now it is free"))
    assert len(read_events(path)[0]) == 2


def test_threads_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventWriter(path) as writer:
        threads = [threading.Thread(target=lambda: [writer.emit(event) for event in _metrics(0, 50)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [event.seq for event in read_events(path)[0]] == list(range(400))


def test_long_files_are_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "events.jsonl"
    long = Notice(message="x" * 5000)
    _write(path, *_metrics(0, 100), long, *_metrics(100, 100))
    monkeypatch.setattr(event_log, "READ_BYTES", 1000)
    seen: list[int] = []
    offset = 0
    while True:
        events, offset = read_events(path, offset)
        if not events:
            break
        seen += [event.seq for event in events]
    assert seen == list(range(201))
    _write(path, long)  # counts the lines in blocks too
    assert read_events(path, offset)[0][0].seq == 201


FILL = """
import errno, os, resource, sys
from pathlib import Path
from workbench.runs.event_log import EventWriter
from workbench.runs.events import Notice
writer = EventWriter(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
kept = 0
try:
    while True:
        writer.emit(Notice(message="x" * 100)); kept += 1
except OSError as error:
    assert error.errno in (errno.ENOSPC, errno.EFBIG), error
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.emit(Notice(message="after"))
print(kept)
"""


def test_a_full_disk_adds_no_half_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    command = [sys.executable, "-c", FILL, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    events, offset = read_events(path)
    assert [event.seq for event in events] == list(range(int(ended.stdout) + 1))
    assert isinstance(events[-1], Notice)
    assert events[-1].message == "after"
    assert offset == path.stat().st_size


def test_context_hears_of_a_stop(tmp_path: Path) -> None:
    context = RunContext.for_directory(tmp_path / "runs" / "sft-001")
    assert context.control() == {}
    assert not context.stop_requested()
    write_json(context.dir.control_path, {"kl_coef": 0.1})
    assert context.control()["kl_coef"] == 0.1
    assert not context.stop_requested()
    write_json(context.dir.control_path, {"stop": True})
    assert context.stop_requested()
    context.dir.control_path.unlink()
    context.request_stop()
    assert context.stop_requested()
    context.emit(Finished())
    context.close()
    context.close()
    assert len(read_events(context.dir.events_path)[0]) == 1

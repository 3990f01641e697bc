"""A run from start to end in one process, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from storage.runs import Run
from workbench.errors import NotFound, RunError
from workbench.runs import processes
from workbench.runs.foreground import run_to_end
from workbench.runs.ingest import run_dir_of
from workbench.runs.supervisor import Supervisor
from workbench.workspace import Workspace

MakeRun = Callable[..., Run]


def test_to_the_end_with_progress(workspace: Workspace, supervisor: Supervisor, make_run: MakeRun) -> None:
    run = make_run(steps=30, delay=0.02)
    seen: list[Run] = []
    ended = run_to_end(workspace, run.id, seen.append, supervisor=supervisor)
    assert (ended.status, ended.summary) == ("finished", {"sum": 465})
    assert seen[-1] == ended
    assert [row.done for row in seen] == sorted(row.done for row in seen)
    assert len({row.done for row in seen}) > 1


def test_a_failure_is_raised_in_the_runs_own_words(
    workspace: Workspace, supervisor: Supervisor, make_run: MakeRun
) -> None:
    with pytest.raises(RunError, match=r"There is nothing to count\."):
        run_to_end(workspace, make_run(mode="refuse").id, supervisor=supervisor)
    with pytest.raises(NotFound):
        run_to_end(workspace, "sft-999", supervisor=supervisor)


def test_a_killed_worker_is_an_error_here(workspace: Workspace, supervisor: Supervisor, make_run: MakeRun) -> None:
    def kill(row: Run) -> None:
        if row.done > 2 and row.pid is not None:
            os.kill(row.pid, signal.SIGKILL)

    with pytest.raises(RunError, match="resume the run"):
        run_to_end(workspace, make_run(steps=1000, delay=0.02).id, kill, supervisor=supervisor)


def test_an_interrupt_from_the_caller_stops_properly(
    workspace: Workspace, supervisor: Supervisor, make_run: MakeRun
) -> None:
    run = make_run(steps=1000, delay=0.02, every=1000)
    once = threading.Event()

    def interrupt(row: Run) -> None:
        if row.done > 2 and not once.is_set():
            once.set()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_to_end(workspace, run.id, interrupt, supervisor=supervisor)
    assert workspace.runs.get(run.id).status == "stopped"
    assert run_dir_of(workspace, run).latest_checkpoint() is not None


COMMAND = """
import sys
from pathlib import Path
from workbench.runs.foreground import run_to_end
from workbench.runs.supervisor import Supervisor
from workbench.workspace import Workspace
with Workspace.open(Path(sys.argv[1])) as workspace:
    supervisor = Supervisor(workspace, worker_command=sys.argv[3:])
    try:
        run_to_end(workspace, sys.argv[2], lambda row: print(row.status, row.done, flush=True), supervisor=supervisor)
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.parametrize(("presses", "number"), [(1, signal.SIGINT), (2, signal.SIGINT), (1, signal.SIGTERM)])
def test_ctrl_c(
    workspace: Workspace,
    make_run: MakeRun,
    stub_command: list[str],
    wait_for: Callable[..., None],
    presses: int,
    number: signal.Signals,
) -> None:
    mode = "ignore_stop" if presses == 2 else None
    run = make_run(steps=100_000, delay=0.02, every=50_000, mode=mode)
    workspace.close()
    command = [sys.executable, "-c", COMMAND, str(workspace.root), run.id, *stub_command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any(float(line.split()[1]) > 3 for line in lines)
        process.send_signal(number)
        if presses == 2:
            assert any(line.startswith("stopping") for line in lines)
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
    with Workspace.open(workspace.root) as after:
        row = after.runs.get(run.id)
        if presses == 1:
            assert row.status == "stopped"
            assert run_dir_of(after, row).latest_checkpoint() is not None
        else:  # it was not waited for: the worker lives, and the next supervisor looks after it
            assert row.status == "stopping"
            assert processes.is_alive(row.pid, row.pid_created)
            Supervisor(after, worker_command=stub_command).stop(run.id, now=True)
            wait_for(lambda: not processes.is_alive(row.pid, row.pid_created))

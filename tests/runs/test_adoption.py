"""Real kills: of the worker, of the server, of both; and whose process is whose."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest

from storage.runs import Run
from workbench.runs import processes
from workbench.runs.event_log import read_events
from workbench.runs.events import Started
from workbench.runs.ingest import run_dir_of
from workbench.runs.supervisor import INTERRUPTED, Supervisor
from workbench.workspace import Workspace

MakeRun = Callable[..., Run]
WaitFor = Callable[..., None]


Until = Callable[..., Run]


def _kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def _starts(workspace: Workspace, run: Run) -> list[Started]:
    events, _ = read_events(run_dir_of(workspace, run).events_path)
    return [event for event in events if isinstance(event, Started)]


def test_a_killed_worker_is_interrupted_and_resumes(
    workspace: Workspace, supervisor: Supervisor, make_run: MakeRun, until: Until
) -> None:
    run = make_run(steps=40, delay=0.02, every=5)
    for kill in range(3):
        row = until(run, "running", steps=10 * (kill + 1))
        _kill(row.pid)
        killed_at = time.monotonic()
        row = until(run, "interrupted")
        assert time.monotonic() - killed_at < 15  # at most a pass of the supervisor on a busy machine
        assert (row.error, row.pid) == (INTERRUPTED, None)
        supervisor.resume(run.id)
        assert workspace.runs.get(run.id).error is None
    row = until(run, "finished")
    assert row.summary == {"sum": sum(range(41))}, "a resume lost or doubled a step"
    series = workspace.metrics.series(run.id, ["sum"])
    assert series["step"].tolist() == list(range(1, 41))
    assert series["value"].tolist() == [step * (step + 1) / 2 for step in range(1, 41)]
    starts = _starts(workspace, run)
    assert len(starts) == 4
    assert all(start.resumed_from_step is not None and start.resumed_from_step % 5 == 0 for start in starts[1:])
    events, _ = read_events(run_dir_of(workspace, run).events_path)
    assert [event.seq for event in events] == list(range(len(events)))


def test_a_dead_workers_children_are_ended(make_run: MakeRun, until: Until, wait_for: WaitFor) -> None:
    run = make_run(steps=10_000, delay=0.02, mode="child")
    row = until(run, "running", steps=1)
    (child,) = psutil.Process(row.pid).children()
    _kill(row.pid)
    until(run, "interrupted")
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_an_unreaped_child_is_dead(wait_for: WaitFor) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    created = processes.creation_time(child.pid)
    assert processes.is_alive(child.pid, created)
    assert not processes.is_alive(child.pid, (created or 0.0) - 100)  # the pid of somebody else
    assert not processes.is_alive(None, None)
    child.kill()
    wait_for(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
    assert not processes.is_alive(child.pid, created)
    child.wait()
    assert not processes.is_alive(child.pid, created)


def test_the_next_supervisor_adopts_a_living_worker(
    workspace: Workspace,
    supervisor: Supervisor,
    make_run: MakeRun,
    until: Until,
    stub_command: list[str],
    wait_for: WaitFor,
) -> None:
    run = make_run(steps=60, delay=0.02)
    row = until(run, "running", steps=3)
    supervisor.close()
    following = Supervisor(workspace, worker_command=stub_command, poll_seconds=0.05)
    following.start()
    following.start()  # twice is once
    assert workspace.runs.get(run.id).pid == row.pid
    wait_for(lambda: workspace.runs.get(run.id).status == "finished")
    following.close()
    assert len(_starts(workspace, run)) == 1
    assert following.problem is None


def test_a_worker_that_was_never_noted_down_is_found(
    workspace: Workspace,
    make_run: MakeRun,
    until: Until,
    stub_command: list[str],
    wait_for: WaitFor,
) -> None:
    """The server was killed between starting the worker and writing its pid."""
    run = make_run(steps=60, delay=0.02)
    run_dir = run_dir_of(workspace, run)
    pid, _ = processes.spawn([*stub_command, str(run_dir.path)], run_dir.log_path)
    wait_for(run_dir.worker_path.exists)
    row = until(run, "running")
    assert row.pid == pid
    until(run, "finished")
    assert len(_starts(workspace, run)) == 1


def test_a_second_worker_gives_way_to_the_first(
    workspace: Workspace,
    supervisor: Supervisor,
    make_run: MakeRun,
    until: Until,
    stub_command: list[str],
    wait_for: WaitFor,
) -> None:
    """As above, but the next server was too early to see the note that the worker leaves."""
    run = make_run(steps=100_000, delay=0.02, every=50_000)
    run_dir = run_dir_of(workspace, run)
    pid, _ = processes.spawn([*stub_command, str(run_dir.path)], run_dir.log_path)
    wait_for(run_dir.worker_path.exists)
    note = run_dir.worker_path.read_text()
    run_dir.worker_path.unlink()

    def turned_away() -> bool:
        supervisor.tick()
        assert workspace.runs.get(run.id).pid != pid
        assert workspace.runs.get(run.id).status in ("pending", "running")
        return run_dir.log_path.read_text().count("Another worker writes") >= 2

    wait_for(turned_away)
    run_dir.worker_path.write_text(note)
    wait_for(lambda: (supervisor.tick(), workspace.runs.get(run.id).pid == pid)[1])
    supervisor.stop(run.id)
    until(run, "stopped")
    assert len(_starts(workspace, run)) == 1


def test_a_pid_that_was_given_again_is_not_taken_for_the_worker(
    workspace: Workspace, supervisor: Supervisor, make_run: MakeRun
) -> None:
    run = make_run()
    innocent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        workspace.runs.update(run.id, status="running", pid=innocent.pid, pid_created=time.time() - 3600)
        supervisor.stop(run.id)
        supervisor.tick()
        assert workspace.runs.get(run.id).status == "stopped"
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


SERVER = """
import sys, time
from pathlib import Path
from workbench.runs.supervisor import Supervisor
from workbench.workspace import Workspace
workspace = Workspace.open(Path(sys.argv[1]), owner="server")
Supervisor(workspace, worker_command=sys.argv[3:], poll_seconds=0.05).start()
while workspace.runs.get(sys.argv[2]).done < 3:
    time.sleep(0.02)
print(workspace.runs.get(sys.argv[2]).pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("worker_dies_too", [False, True])
def test_the_server_is_killed(
    workspace: Workspace, make_run: MakeRun, stub_command: list[str], wait_for: WaitFor, worker_dies_too: bool
) -> None:
    run = make_run(steps=80, delay=0.02)
    workspace.close()
    command = [sys.executable, "-c", SERVER, str(workspace.root), run.id, *stub_command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as server:
        assert server.stdout is not None
        worker = psutil.Process(int(server.stdout.readline()))
        os.killpg(server.pid, signal.SIGKILL)  # as a closed terminal or a service manager does it
    try:
        assert worker.is_running(), "the worker died with its server"
        if worker_dies_too:
            worker.kill()
        with Workspace.open(workspace.root) as reopened:
            following = Supervisor(reopened, worker_command=stub_command, poll_seconds=0.05)
            following.start()
            if worker_dies_too:
                wait_for(lambda: reopened.runs.get(run.id).status == "interrupted", seconds=5)
                following.resume(run.id)
            wait_for(lambda: reopened.runs.get(run.id).status == "finished")
            following.close()
            assert reopened.runs.get(run.id).summary == {"sum": sum(range(81))}
            assert reopened.metrics.series(run.id, ["sum"])["step"].tolist() == list(range(1, 81))
            assert len(_starts(reopened, run)) == (2 if worker_dies_too else 1)
    finally:
        with suppress(psutil.Error):
            worker.kill()

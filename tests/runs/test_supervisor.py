"""The supervisor with real workers: queue, stop, resume, failures, delete."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable

import pytest

from storage.models import Model
from storage.runs import Run
from workbench.errors import NotFound, RunError
from workbench.runs import processes
from workbench.runs.ingest import run_dir_of
from workbench.runs.run_dir import read_json
from workbench.runs.supervisor import Supervisor
from workbench.workspace import Workspace

MakeRun = Callable[..., Run]
WaitFor = Callable[..., None]


Until = Callable[..., Run]


def test_a_pending_run_is_run_to_its_end(workspace: Workspace, make_run: MakeRun, until: Until) -> None:
    row = until(make_run(steps=12), "finished")
    assert (row.summary, row.done, row.phase, row.error) == ({"sum": 78}, 12, "counting", None)
    assert workspace.models.get(row.id).spec["adapters"] == [f"runs/{row.id}/final"]
    assert workspace.metrics.latest(row.id)["sum"] == 78
    assert row.started_at is not None
    assert row.finished_at is not None


def test_one_worker_at_a_time_in_order(
    workspace: Workspace, supervisor: Supervisor, make_run: MakeRun, wait_for: WaitFor
) -> None:
    runs = [make_run(steps=3, delay=0.02) for _ in range(3)]
    most = 0

    def all_finished() -> bool:
        nonlocal most
        supervisor.tick()
        rows = [workspace.runs.get(run.id) for run in runs]
        most = max(most, sum(processes.is_alive(row.pid, row.pid_created) for row in rows))
        return all(row.status == "finished" for row in rows)

    wait_for(all_finished)
    assert most == 1
    begun = [workspace.runs.get(run.id).started_at for run in runs]
    assert begun == sorted(begun, key=lambda moment: moment.timestamp() if moment else 0.0)


def test_stop_waits_for_the_checkpoint(
    workspace: Workspace, supervisor: Supervisor, make_run: MakeRun, until: Until
) -> None:
    run = make_run(steps=500, delay=0.02, every=100)
    until(run, "running", steps=3)
    supervisor.stop(run.id)
    assert workspace.runs.get(run.id).status == "stopping"
    row = until(run, "stopped")
    found = run_dir_of(workspace, run).latest_checkpoint()
    assert found is not None
    assert found[0] == row.done >= 3
    assert row.error is None
    supervisor.stop(run.id)  # once more does nothing
    assert workspace.runs.get(run.id).status == "stopped"

    run_dir_of(workspace, run).write_config(run_dir_of(workspace, run).config | {"config": {"steps": row.done + 2}})
    supervisor.resume(run.id)
    assert not run_dir_of(workspace, run).control_path.exists()
    assert until(run, "finished").done == row.done + 2


def test_stop_reaches_a_worker_whose_signal_is_lost(
    workspace: Workspace, supervisor: Supervisor, make_run: MakeRun, until: Until
) -> None:
    run = make_run(steps=500, delay=0.02)
    until(run, "running", steps=1)
    supervisor.control(run.id, stop=True)
    assert until(run, "stopped").done < 500
    assert read_json(run_dir_of(workspace, run).control_path) == {"stop": True}


def test_a_worker_that_ignores_sigterm_is_killed_after_the_grace(
    workspace: Workspace, supervisor: Supervisor, make_run: MakeRun, until: Until
) -> None:
    run = make_run(steps=10_000, delay=0.02, mode="ignore_stop")
    row = until(run, "running", steps=6)
    supervisor.stop(run.id)
    asked = time.monotonic()
    until(run, "stopped")
    assert time.monotonic() - asked >= 0.4
    assert not processes.is_alive(row.pid, row.pid_created)
    found = run_dir_of(workspace, run).latest_checkpoint()
    assert found is not None
    assert found[0] >= 5


def test_stop_now_kills(workspace: Workspace, make_run: MakeRun, stub_command: list[str], wait_for: WaitFor) -> None:
    patient = Supervisor(workspace, worker_command=stub_command)
    run = make_run(steps=10_000, delay=0.02, mode="ignore_stop")

    def running() -> bool:
        patient.tick()
        return workspace.runs.get(run.id).done > 0

    def stopped() -> bool:
        patient.tick()
        return workspace.runs.get(run.id).status == "stopped"

    wait_for(running)
    patient.stop(run.id, now=True)
    wait_for(stopped, seconds=5)


def test_a_pending_run_is_stopped_at_once(
    workspace: Workspace, supervisor: Supervisor, make_run: MakeRun, until: Until
) -> None:
    first, second = make_run(steps=5, delay=0.05), make_run(steps=2)
    until(first, "running")
    supervisor.stop(second.id)
    assert workspace.runs.get(second.id).status == "stopped"
    until(first, "finished")
    assert workspace.runs.get(second.id).pid is None
    supervisor.resume(second.id)
    until(second, "finished")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["/nonexistent/python"], "The worker could not be started"),
        ([sys.executable, "-c", "print('no such thing'); raise SystemExit(9)"], "ended with code 9: no such thing"),
        ([sys.executable, "-m", "no_such_module"], "No module named no_such_module"),
    ],
)
def test_a_worker_that_cannot_start(
    workspace: Workspace, make_run: MakeRun, wait_for: WaitFor, command: list[str], sentence: str
) -> None:
    broken = Supervisor(workspace, worker_command=command)
    runs = [make_run(), make_run()]

    def both_failed() -> bool:
        broken.tick()
        return all(workspace.runs.get(run.id).status == "failed" for run in runs)

    wait_for(both_failed)  # the first does not block the second
    assert sentence in (workspace.runs.get(runs[0].id).error or "")


@pytest.mark.parametrize(
    ("mode", "sentence"), [("exit", "ended with code 3: last words"), ("refuse", "There is nothing to count.")]
)
def test_a_failing_worker(make_run: MakeRun, until: Until, mode: str, sentence: str) -> None:
    assert sentence in (until(make_run(mode=mode), "failed").error or "")


def test_a_missing_folder_fails_the_run_only(workspace: Workspace, make_run: MakeRun, until: Until) -> None:
    lost, sound = make_run(), make_run(steps=1)
    run_dir = run_dir_of(workspace, lost)
    run_dir.config_path.unlink()
    run_dir.data.rmdir()
    run_dir.path.rmdir()
    assert "could not be started" in (until(lost, "failed").error or "")
    until(sound, "finished")


def test_states_that_forbid_an_action(supervisor: Supervisor, make_run: MakeRun, until: Until) -> None:
    run = make_run(steps=500, delay=0.02)
    with pytest.raises(RunError, match="pending"):
        supervisor.resume(run.id)
    until(run, "running")
    with pytest.raises(RunError, match="stop it first"):
        supervisor.delete(run.id)
    for action in (supervisor.stop, supervisor.resume, supervisor.delete, supervisor.control):
        with pytest.raises(NotFound):
            action("sft-999")
    supervisor.stop(run.id)
    until(run, "stopped")


def test_delete(workspace: Workspace, supervisor: Supervisor, make_run: MakeRun, until: Until) -> None:
    run = make_run(steps=2)
    folder = run_dir_of(workspace, run).path
    made = until(run, "finished")
    spec = {"base": "embedded", "adapters": [f"runs/{run.id}/final", "runs/ppo-001/final"]}
    workspace.models.add(Model("ppo-001", "PPO", "ppo", spec, None, run.id, made.created_at))
    until_dead(supervisor, workspace, run)
    with pytest.raises(RunError, match="ppo-001 was made from"):
        supervisor.delete(run.id)
    workspace.models.delete("ppo-001")

    waiting = make_run()
    run_dir = run_dir_of(workspace, waiting)
    run_dir.write_config(run_dir.config | {"models": {run.id: spec}})
    with pytest.raises(RunError, match=f"{waiting.id} \\(pending\\) needs"):
        supervisor.delete(run.id)
    supervisor.delete(waiting.id)

    supervisor.delete(run.id)
    assert not folder.exists()
    assert [path.name for path in folder.parent.iterdir()] == []
    assert workspace.models.find(run.id) is None
    with pytest.raises(NotFound):
        workspace.runs.get(run.id)


def until_dead(supervisor: Supervisor, workspace: Workspace, run: Run) -> None:
    """Ticks until the run's process is gone as well."""
    deadline = time.monotonic() + 60
    while workspace.runs.get(run.id).pid is not None:
        assert time.monotonic() < deadline
        supervisor.tick()


def test_the_thread_survives_a_bad_pass(
    workspace: Workspace, make_run: MakeRun, stub_command: list[str], wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = Supervisor(workspace, worker_command=stub_command, poll_seconds=0.02)
    with monkeypatch.context() as patched:
        patched.setattr(following, "_start_next", lambda: (_ for _ in ()).throw(OSError("for a while")))
        following.start()
        assert following.problem == "OSError: for a while"
        run = make_run(steps=1)
    wait_for(lambda: workspace.runs.get(run.id).status == "finished")
    wait_for(lambda: following.problem is None)
    following.close()
    assert all(thread.name != "supervisor" for thread in threading.enumerate())


def test_events_that_cannot_be_taken_up_hold_up_nobody(workspace: Workspace, make_run: MakeRun, until: Until) -> None:
    odd, sound = make_run(steps=1), make_run(steps=1)
    too_big = {"type": "metric", "seq": 0, "time": 0, "step": 2**70, "values": {"a": 1}}
    run_dir_of(workspace, odd).events_path.write_text(json.dumps(too_big) + "\n")
    assert "could not be taken up" in (until(odd, "failed").error or "")
    until(sound, "finished")

"""The supervisor: starts workers one at a time, follows them, and finds them again after a restart.

The database row is the queue: adding a PENDING run is all it takes to launch it. A worker belongs to nobody; it is
known by pid and creation time, so that it survives the server and is adopted by the next one.
"""

from __future__ import annotations

import logging
import shutil
import signal
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from storage.runs import Run
from workbench.errors import RunError, WorkbenchError
from workbench.runs import processes
from workbench.runs.ingest import ingest, run_dir_of
from workbench.runs.run_dir import read_json, write_json
from workbench.runs.steering import steer
from workbench.runs.worker import DISK_FULL, EXIT_BUSY, EXIT_DISK_FULL
from workbench.workspace import Workspace

logger = logging.getLogger(__name__)

ACTIVE = frozenset({"running", "stopping"})
RESUMABLE = frozenset({"stopped", "interrupted", "failed"})

STOP_GRACE_SECONDS = 600.0
"""A worker that was asked to stop and has not left by then is killed; an update with its checkpoint may be long."""

INTERRUPTED = (
    "The worker ended without a word (it was killed, or the machine went down): "
    "resume the run, and it goes on from its last checkpoint."
)


class Supervisor:
    """Drives the runs of one workspace; one supervisor per open workspace. Safe to call from any thread."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        worker_command: Sequence[str] | None = None,
        poll_seconds: float = 0.5,
        stop_grace_seconds: float = STOP_GRACE_SECONDS,
    ) -> None:
        self.workspace = workspace
        self.problem: str | None = None  # why the last pass failed, for a page to show
        self._command = list(worker_command or (sys.executable, "-m", "workbench.runs.worker"))
        self._poll_seconds = poll_seconds
        self._stop_grace_seconds = stop_grace_seconds
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Adopts living workers, marks the dead, then looks after all runs from a thread of its own."""
        if self._thread is None:
            self._try_tick()
            self._thread = threading.Thread(target=self._loop, name="supervisor", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Ends the thread; workers go on and are adopted by the next supervisor."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def tick(self) -> None:
        """One pass: takes up events, notices dead workers, starts the next run. Raises WorkbenchError."""
        with self._lock:
            for run in self.workspace.runs.list_open():
                if run.status in ACTIVE or run.pid is not None:
                    self._look_after(run)
            self._start_next()

    def stop(self, run_id: str, *, now: bool = False) -> None:
        """Asks the worker to write a checkpoint and leave; a pending run is stopped at once.

        ``now`` kills the worker instead: what came after its last checkpoint is lost. Does nothing to a run that
        has ended. Raises NotFound.
        """
        with self._lock:
            run = self.workspace.runs.get(run_id)
            if run.status == "pending" and not self._adopt(run):
                self.workspace.runs.update(run_id, status="stopped", finished_at=datetime.now(UTC))
                return
            run = self.workspace.runs.get(run_id)
            if run.status not in ACTIVE:
                return
            self.control(run_id, stop=True, stop_asked_at=time.time())
            self.workspace.runs.update(run_id, status="stopping")
            self._signal(run, signal.SIGKILL if now else signal.SIGTERM)

    def control(self, run_id: str, **values: Any) -> None:
        """Tells a run's worker something through ``control.json``, which it reads at every update.

        Raises NotFound.
        """
        with self._lock:
            path = run_dir_of(self.workspace, self.workspace.runs.get(run_id)).control_path
            write_json(path, read_json(path) | values)

    def steer(self, run_id: str, **wanted: Any) -> None:
        """Changes a run while it goes on, as `workbench.runs.steering` describes.

        Raises RunError where it does not run, InvalidInput where a value cannot be used, NotFound.
        """
        with self._lock:
            run = self.workspace.runs.get(run_id)
            if run.status != "running":
                raise RunError(f"Run {run_id} is {run.status}: only a run that goes on can be steered.")
            steer(run_dir_of(self.workspace, run), **wanted)

    def resume(self, run_id: str) -> None:
        """Puts a stopped, interrupted or failed run back in the queue; it goes on from its newest checkpoint.

        Raises RunError where the run is in another state, NotFound.
        """
        with self._lock:
            run = self.workspace.runs.get(run_id)
            if run.status not in RESUMABLE:
                raise RunError(f"Run {run_id} is {run.status}: only a run that has ended unfinished can be resumed.")
            run_dir_of(self.workspace, run).control_path.unlink(missing_ok=True)
            self.workspace.runs.update(run_id, status="pending", error=None, finished_at=None, eta_seconds=None)

    def delete(self, run_id: str) -> None:
        """Removes a run, the models it made, and its folder. Pairs and votes stay.

        Raises RunError while it runs or where another model or run needs it; NotFound.
        """
        with self._lock:
            run = self.workspace.runs.get(run_id)
            if run.status in ACTIVE or processes.is_alive(run.pid, run.pid_created):
                raise RunError(f"Run {run_id} is at work: stop it first.")
            self._refuse_if_needed(run_id)

            def write(cursor: DuckDBPyConnection) -> None:
                self.workspace.runs.delete(run_id, cursor)
                for model in self.workspace.models.list(cursor=cursor):
                    if run_id in (model.id, model.run_id):
                        self.workspace.models.delete(model.id, cursor)

            self.workspace.database.run_write(write)
            folder = run_dir_of(self.workspace, run).path
            if folder.is_dir() and folder.parent == self.workspace.root / "runs":
                doomed = folder.with_name(f".removing-{folder.name}-{uuid.uuid4().hex[:6]}")
                folder.rename(doomed)
                shutil.rmtree(doomed, ignore_errors=True)

    def _refuse_if_needed(self, run_id: str) -> None:
        for model in self.workspace.models.list():
            own = run_id in (model.id, model.run_id)
            if not own and (model.parent_id == run_id or _mentions(model.spec, run_id)):
                raise RunError(f"Model {model.id} was made from run {run_id}: delete that one first.")
        for run in self.workspace.runs.list():
            if run.id == run_id or run.status == "finished":
                continue
            models = read_json(run_dir_of(self.workspace, run).config_path).get("models", {})
            if any(_mentions(spec, run_id) for spec in models.values()):
                raise RunError(f"Run {run.id} ({run.status}) needs run {run_id}: delete that one first.")

    def _look_after(self, run: Run) -> None:
        # Asked before the events are read: what a worker wrote before it died is then all there.
        alive = processes.is_alive(run.pid, run.pid_created)
        try:
            ingest(self.workspace, run.id)
        except WorkbenchError:
            raise  # a full disk, say: nothing is lost, the next pass tries again
        except Exception as error:
            # A defect in this run's events must not hold up the others for ever.
            logger.exception("the events of run %s cannot be taken up", run.id)
            if not alive:
                message = f"The run's events could not be taken up: {error}."
                self.workspace.runs.update(run.id, status="failed", error=message, pid=None, pid_created=None)
            return
        if alive:
            self._kill_if_overdue(run)
        elif not self._adopt(run):
            self._bury(self.workspace.runs.get(run.id))

    def _kill_if_overdue(self, run: Run) -> None:
        if run.status != "stopping":
            return
        asked_at = read_json(run_dir_of(self.workspace, run).control_path).get("stop_asked_at")
        if isinstance(asked_at, int | float) and time.time() - asked_at > self._stop_grace_seconds:
            self._signal(run, signal.SIGKILL)

    def _bury(self, run: Run) -> None:
        """Says how a run ended whose worker is dead, where the worker could not say so itself."""
        code = processes.exit_code(run.pid)
        fields: dict[str, Any] = {"pid": None, "pid_created": None, "eta_seconds": None}
        if run.status in ACTIVE:
            fields |= {"finished_at": datetime.now(UTC)} | self._unsaid_end(run, code)
        if run.pid is not None and run.pid_created is not None:
            processes.kill_leftovers(run.pid, run.pid_created)
        self.workspace.runs.update(run.id, **fields)
        processes.forget(run.pid)

    def _unsaid_end(self, run: Run, code: int | None) -> dict[str, Any]:
        if code == EXIT_BUSY:  # another worker has the folder, of a server that died before it noted that down
            return {"status": "pending", "finished_at": None}
        if run.status == "stopping":
            return {"status": "stopped", "error": None}
        if code == EXIT_DISK_FULL:
            return {"status": "failed", "error": DISK_FULL}
        if code is not None and code > 0:
            return {"status": "failed", "error": self._exit_sentence(run, code)}
        return {"status": "interrupted", "error": INTERRUPTED}

    def _exit_sentence(self, run: Run, code: int) -> str:
        with suppress(OSError):
            lines = run_dir_of(self.workspace, run).log_path.read_text(errors="replace").split("\n")
            last = next((line.strip() for line in reversed(lines) if line.strip()), "")
            return f"The worker ended with code {code}: {last[:300]} (the whole story is in its log.txt)."
        return f"The worker ended with code {code} and left no log."

    def _adopt(self, run: Run) -> bool:
        """Takes over a living worker of the run that the row does not name: its server died too early."""
        record = read_json(run_dir_of(self.workspace, run).worker_path)
        pid, created = record.get("pid"), record.get("pid_created")
        if not isinstance(pid, int) or not isinstance(created, float):
            return False
        if run.status not in ACTIVE | {"pending"} or not processes.is_alive(pid, created):
            return False
        status = "stopping" if run.status == "stopping" else "running"
        self.workspace.runs.update(run.id, status=status, pid=pid, pid_created=created)
        return True

    def _start_next(self) -> None:
        """Starts the oldest pending run, unless a worker lives: one at a time."""
        runs = self.workspace.runs.list_open()
        if any(run.pid is not None for run in runs):
            return
        for run in runs:
            if run.status == "pending":
                if not self._adopt(run):
                    self._spawn(run)
                return

    def _spawn(self, run: Run) -> None:
        run_dir = run_dir_of(self.workspace, run)
        now = datetime.now(UTC)
        try:
            pid, created = processes.spawn([*self._command, str(run_dir.path)], run_dir.log_path)
        except OSError as error:
            message = f"The worker could not be started: {error}."
            self.workspace.runs.update(run.id, status="failed", error=message, finished_at=now)
            return
        self.workspace.runs.update(
            run.id,
            status="running",
            pid=pid,
            pid_created=created,
            phase="starting",
            done=0.0,
            total=0.0,
            started_at=run.started_at or now,
            error=None,
        )

    def _signal(self, run: Run, number: signal.Signals) -> None:
        if run.pid is not None and run.pid_created is not None:
            processes.signal_group(run.pid, run.pid_created, number)

    def _loop(self) -> None:
        while not self._closing.wait(self._poll_seconds):
            self._try_tick()

    def _try_tick(self) -> None:
        """Whatever goes wrong in one pass is tried again in the next; the thread must not die."""
        try:
            self.tick()
        except Exception as error:
            problem = str(error) if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {error}"
            if problem != self.problem:
                logger.exception("the supervisor's pass failed")
            self.problem = problem
        else:
            self.problem = None


def _mentions(spec: dict[str, Any], run_id: str) -> bool:
    """Whether a model is made of what a run has left: an adapter of it, or all of its weights as the base."""
    parts = (*spec.get("adapters", ()), spec.get("base", ""))
    return any(run_id in Path(part).parts for part in parts)

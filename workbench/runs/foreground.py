"""A run from start to end in this process, as the command line does it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from storage.runs import Run
from workbench.errors import RunError
from workbench.runs.supervisor import Supervisor
from workbench.workspace import Workspace

ENDED = frozenset({"stopped", "interrupted", "failed", "finished"})

POLL_SECONDS = 0.2


def run_to_end(
    workspace: Workspace,
    run_id: str,
    on_progress: Callable[[Run], None] | None = None,
    *,
    supervisor: Supervisor | None = None,
) -> Run:
    """Drives the run (and those queued before it) until it ends; returns its row, finished or stopped.

    ``on_progress`` is called with every new state. Raises RunError with the run's own sentence where it failed or
    was interrupted. Ctrl-C asks the worker to stop, waits for its checkpoint and raises KeyboardInterrupt; a second
    Ctrl-C does not wait, and the worker stops by itself.
    """
    supervisor = supervisor or Supervisor(workspace)
    with _interrupts() as interrupted:
        try:
            run = _drive(supervisor, run_id, on_progress, interrupted)
        except KeyboardInterrupt:
            if interrupted.is_set():
                raise
            interrupted.set()  # raised by the caller's own handler
            run = _drive(supervisor, run_id, on_progress, interrupted)
    if run.status in ("failed", "interrupted"):
        raise RunError(run.error or f"Run {run_id} {run.status}.")
    if interrupted.is_set() and run.status == "stopped":
        raise KeyboardInterrupt
    return run


def _drive(
    supervisor: Supervisor,
    run_id: str,
    on_progress: Callable[[Run], None] | None,
    interrupted: threading.Event,
) -> Run:
    seen: Run | None = None
    asked = False
    while True:
        supervisor.tick()
        if interrupted.is_set() and not asked:
            supervisor.stop(run_id)
            asked = True
        run = supervisor.workspace.runs.get(run_id)
        if run != seen and on_progress is not None:
            on_progress(run)
        seen = run
        if run.status in ENDED:
            return run
        time.sleep(POLL_SECONDS)


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets instead of raising anywhere, such as between a worker's start and
    its note in the database, or inside a query, which would swallow it; the second one raises."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if interrupted.is_set():
            signal.default_int_handler(number, frame)
        interrupted.set()

    previous = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupted
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)

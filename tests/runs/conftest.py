"""A supervisor whose workers only count."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from storage.runs import Run
from workbench.runs.supervisor import Supervisor
from workbench.workspace import Workspace

WaitFor = Callable[..., None]

STUB_COMMAND = [sys.executable, str(Path(__file__).with_name("stub_worker.py"))]


@pytest.fixture
def stub_command() -> list[str]:
    """The command that starts a worker that only counts."""
    return STUB_COMMAND


@pytest.fixture
def supervisor(workspace: Workspace) -> Iterator[Supervisor]:
    """A supervisor without its thread, for tests that call ``tick``; its workers are ended with the test."""
    made = Supervisor(workspace, worker_command=STUB_COMMAND, stop_grace_seconds=0.5)
    yield made
    made.close()
    for run in workspace.runs.list():
        if run.pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)


@pytest.fixture
def until(workspace: Workspace, supervisor: Supervisor, wait_for: WaitFor) -> Callable[..., Run]:
    """Drives the supervisor until a run has the status (or has taken that many steps)."""

    def wait(run: Run, status: str, steps: int = 0) -> Run:
        def reached() -> bool:
            supervisor.tick()
            row = workspace.runs.get(run.id)
            return row.status == status and row.done >= steps

        wait_for(reached, what=f"{run.id} to be {status}")
        return workspace.runs.get(run.id)

    return wait

"""A supervisor whose workers only count."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from workbench.runs.supervisor import Supervisor
from workbench.workspace import Workspace

MakeSupervisor = Callable[..., Supervisor]

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

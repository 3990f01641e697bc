"""The three things that all visitors share: the workspace, its supervisor, and the generator.

A person's own state never goes here: `st.cache_resource` hands the same object to every session.
"""

from __future__ import annotations

import os
import shlex
import threading
from typing import TypeVar

import streamlit as st

from workbench.backup.requests import BackupDesk
from workbench.models.generator import Generator
from workbench.runs.supervisor import Supervisor
from workbench.workspace import Workspace, default_workspace
from workbench.workspaces import APP

Service = TypeVar("Service", Workspace, Supervisor, Generator, BackupDesk)

_open: list[Workspace | Supervisor | Generator | BackupDesk] = []
"""What `close` has to close, in the order it was opened."""
_lock = threading.RLock()


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """The team's workspace, opened once per server.

    Raises:
        WorkspaceInUse: another process owns it. Nothing is cached then, so the next visit tries again.
    """
    return _remember(Workspace.open(default_workspace(), owner=APP))


@st.cache_resource(show_spinner=False)
def supervisor() -> Supervisor:
    """The thread that starts queued runs and reads what running ones say; started once per server.

    ``WORKBENCH_WORKER`` replaces the command that starts a worker, where a cluster's launcher has to do it
    (``srun python -m workbench.runs.worker``); the run directory is appended to it.
    """
    command = shlex.split(os.environ.get("WORKBENCH_WORKER", ""))
    watcher = Supervisor(workspace(), worker_command=command or None)
    watcher.start()
    return _remember(watcher)


@st.cache_resource(show_spinner=False)
def backup_desk() -> BackupDesk:
    """The thread that writes the backups which `workbench backup` asks for; started once per server."""
    desk = BackupDesk(workspace())
    desk.start()
    return _remember(desk)


@st.cache_resource(show_spinner=False)
def generator() -> Generator:
    """The child process that keeps models in memory for the compare page; started at its first use."""
    return _remember(Generator(workspace().root))


def _remember(service: Service) -> Service:
    with _lock:
        _open.append(service)
    return service


def close() -> None:
    """Close all of them, newest first. Workers go on: they belong to no server."""
    with _lock:
        while _open:
            _open.pop().close()
    for cached in (workspace, supervisor, backup_desk, generator):
        cached.clear()

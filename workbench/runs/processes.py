"""Worker processes: started apart from the server, known by pid and creation time."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}
"""This process's own workers by pid, kept beyond any supervisor: a dead child must be reaped by its parent."""

# Idle OpenMP threads sleep instead of spinning: beside another busy process on 2 cores an SFT step took 8.5 s
# with spinning threads and 1.3 s without.
WORKER_ENVIRONMENT = {"PYTHONUNBUFFERED": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_WAIT_POLICY": "PASSIVE"}

CREATED_TOLERANCE = 1.0
"""Seconds by which two readings of a process's creation time may differ."""


def spawn(command: Sequence[str], log_path: Path) -> tuple[int, float]:
    """Starts a worker in a session of its own; returns its pid and creation time (seconds since the epoch).

    Its output is appended to a file, never a pipe: a pipe breaks when the server ends. Raises OSError where it
    cannot start.
    """
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=WORKER_ENVIRONMENT | os.environ,
        )
    _CHILDREN[process.pid] = process
    return process.pid, creation_time(process.pid) or 0.0


def creation_time(pid: int) -> float | None:
    """When the process began, in seconds since the epoch; None where there is none of that pid."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def is_alive(pid: int | None, created: float | None) -> bool:
    """Whether that very process still runs. A zombie is dead, and is reaped where it is our child."""
    if pid is None or created is None:
        return False
    child = _CHILDREN.get(pid)
    if child is not None and child.poll() is not None:
        return False
    try:
        process = psutil.Process(pid)
        if abs(process.create_time() - created) > CREATED_TOLERANCE:
            return False
        return process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return False


def exit_code(pid: int | None) -> int | None:
    """How a worker that this process started has ended; None where that cannot be known."""
    child = _CHILDREN.get(pid) if pid is not None else None
    return child.poll() if child is not None else None


def forget(pid: int | None) -> None:
    """Drops a dead child from the list; one that still runs is kept."""
    if pid is not None and exit_code(pid) is not None:
        _CHILDREN.pop(pid, None)


def signal_group(pid: int, created: float, number: signal.Signals) -> bool:
    """Sends a signal to the worker and its own children; returns whether it was there to be told."""
    if not is_alive(pid, created):
        return False
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
        return True
    return False


def kill_leftovers(pid: int, created: float) -> None:
    """Ends what a dead worker left behind in its session, such as data loaders that hold its files open.

    Does nothing where somebody else has that pid now: a pid is given again only once its session is empty.
    """
    if creation_time(pid) is not None:
        return
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getsid(process.pid) == pid and process.create_time() >= created - CREATED_TOLERANCE:
                process.kill()

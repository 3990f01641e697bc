"""Showing on stderr how far a run is: a bar in a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

SECONDS_BETWEEN_LINES = 15.0


class ProgressView:
    """A context manager; ``update`` may be called as often as one likes."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._said: tuple[str, float] = ("", 0.0)

    def __enter__(self) -> ProgressView:
        if sys.stderr.isatty():
            self._progress = _bar()
            self._task = self._progress.add_task("", total=None, left="")
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def update(self, name: str, phase: str, done: float, total: float, eta_seconds: float | None) -> None:
        """Shows that ``done`` of ``total`` is done; the time left in seconds, where it is known."""
        left = f"{duration(eta_seconds)} left" if eta_seconds is not None else ""
        if self._progress is not None and self._task is not None:
            self._progress.update(
                self._task, description=f"{name}: {phase}", completed=done, total=total or None, left=left
            )
            return
        said_phase, said_at = self._said
        if phase and (phase != said_phase or time.monotonic() - said_at >= SECONDS_BETWEEN_LINES):
            self._said = (phase, time.monotonic())
            share = f" {done / total:4.0%}" if total else ""
            print(f"{name}: {phase}{share}{f', {left}' if left else ''}", file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Seconds as a person says them: '45 s', '3 min 20 s', '2 h 5 min'."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[left]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )

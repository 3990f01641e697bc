"""Progress events with time left, at most one a second."""

from __future__ import annotations

import time
from collections.abc import Callable

from workbench.runs.events import Progress


class ProgressReporter:
    """Reports one phase of a run.

    Time left is measured from the phase's first sign of progress on: what came before it, such as warming up, happens
    once and says nothing of the pace. Until the second report there is none.
    """

    def __init__(self, emit: Callable[[Progress], None], phase: str) -> None:
        self._emit = emit
        self._phase = phase
        self._start: tuple[float, float] | None = None
        """Time and progress at the first report."""
        self._reported = float("-inf")

    def __call__(self, done: float, total: float) -> None:
        """Say how far the phase is, in any unit."""
        now = time.monotonic()
        if now - self._reported < 1.0 and done < total:
            return
        self._reported = now
        if self._start is None:
            self._start = (now, done)
        began, first = self._start
        eta = (now - began) / (done - first) * (total - done) if done > first else None
        self._emit(Progress(phase=self._phase, done=done, total=total, eta_seconds=eta))

"""Progress events with time left, at most one a second."""

from __future__ import annotations

import time
from collections.abc import Callable

from workbench.runs.events import Progress


class ProgressReporter:
    """Reports one phase of a run; time left is measured from where the phase, or its resumption, began."""

    def __init__(self, emit: Callable[[Progress], None], phase: str, first: float = 0.0) -> None:
        self._emit = emit
        self._phase = phase
        self._first = first
        self._began = time.monotonic()
        self._reported = float("-inf")

    def __call__(self, done: float, total: float) -> None:
        """Say how far the phase is, in any unit."""
        now = time.monotonic()
        if now - self._reported < 1.0 and done < total:
            return
        self._reported = now
        advanced = done - self._first
        eta = (now - self._began) / advanced * (total - done) if advanced > 0 else None
        self._emit(Progress(phase=self._phase, done=done, total=total, eta_seconds=eta))

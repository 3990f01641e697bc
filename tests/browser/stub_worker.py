"""Stands in for a worker: says in seconds what training says in minutes, and stops when it is told to.

Run as ``python stub_worker.py RUN_DIR``; it goes on for ``STUB_SECONDS``.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from tests.browser import stub_ppo
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Metric, Progress, Started, Stopped

PAUSE = 0.1


def main(run_dir: Path) -> None:
    """Emit a step every tenth of a second."""
    context = RunContext.for_directory(run_dir)
    signal.signal(signal.SIGTERM, lambda *_: context.request_stop())
    newest = context.dir.latest_checkpoint()
    context.emit(Started(pid=os.getpid(), resumed_from_step=newest[0] if newest else None))
    steps = int(float(os.environ.get("STUB_SECONDS", "120")) / PAUSE)
    kind = context.dir.config["kind"]
    if kind == "ppo":
        stub_ppo.ppo(context, steps)
        return
    if kind == "verdict":
        stub_ppo.verdict(context)
        return
    for step in range(1, steps + 1):
        left = (steps - step) * PAUSE
        context.emit(Metric(step=step, values={"train/loss": 3.0 / step, "eval/loss": 3.2 / step}))
        context.emit(Progress(phase="training", done=step, total=steps, eta_seconds=left))
        if context.stop_requested():
            context.emit(Stopped(step=step))
            return
        time.sleep(PAUSE)
    context.emit(Finished(summary={"seconds": steps * PAUSE}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The real worker with a stage that only counts: ``python stub_worker.py RUN_DIR``.

Settings: ``steps``; ``delay`` in seconds per step; ``every`` steps a checkpoint; ``mode``, what goes wrong.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from workbench.errors import InvalidInput
from workbench.models.spec import ModelSpec
from workbench.runs import worker
from workbench.runs.context import RunContext, StopRun
from workbench.runs.events import CheckpointSaved, Finished, Metric, Progress, Sample, Stopped


def run(context: RunContext) -> Finished | Stopped:
    """Counts to ``steps``, adding each number to a sum that only a right resume gets right."""
    settings = context.dir.config["config"]
    start = context.dir.latest_checkpoint()
    step, total = (start[0], int((start[1] / "sum.txt").read_text())) if start else (0, 0)
    _go_wrong(settings.get("mode"))
    while step < settings.get("steps", 5):
        step += 1
        total += step
        context.emit(Metric(step=step, values={"train/loss": 1 / step, "sum": float(total)}))
        context.emit(Sample(step=step, prompt="Where?", response=str(total), fixed=True))
        context.emit(Progress(phase="counting", done=step, total=settings.get("steps", 5)))
        stopping = settings.get("mode") != "ignore_stop" and context.stop_requested()
        if stopping or step % settings.get("every", 5) == 0:
            context.dir.save_checkpoint(step, partial(_write, total=total))
            context.emit(CheckpointSaved(step=step))
            context.dir.prune_checkpoints(2)
        if stopping:
            raise StopRun(step)
        time.sleep(settings.get("delay", 0.0))
    context.dir.publish_final(partial(_write, total=total))
    spec = ModelSpec(adapters=(f"runs/{context.dir.path.name}/final",))
    return Finished(summary={"sum": total}, model_kind="sft", model=spec, parent_model_id="base")


def _write(folder: Path, total: int) -> None:
    (folder / "sum.txt").write_text(str(total))


def _go_wrong(mode: str | None) -> None:
    if mode == "ignore_stop":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    elif mode == "refuse":
        raise InvalidInput("There is nothing to count.")
    elif mode == "crash":
        raise ValueError("a defect\nwith a second line")
    elif mode == "exit":
        print("last words")
        sys.exit(3)
    elif mode == "disk_full":
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise RuntimeError("cannot save") from error
    elif mode == "child":  # a data loader that outlives its parent
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])


if __name__ == "__main__":
    worker.STAGES = dict.fromkeys(worker.STAGES, "__main__:run")
    worker._device = lambda: "cpu"  # the real one imports torch
    sys.exit(worker.main(sys.argv[1:]))

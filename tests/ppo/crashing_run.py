"""A run of the tiny trainer in a process of its own: ``python -m tests.ppo.crashing_run FOLDER [STEP]``.

Checkpoints every second update into FOLDER, metrics line by line. With STEP it kills itself, by the signal that nobody
can catch, in the middle of writing the checkpoint of that update.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from tests.ppo.conftest import tiny_trainer
from workbench.runs.run_dir import RunDir

UPDATES = 6


def run(folder: Path, kill_at: int | None = None) -> dict[str, object]:
    """Run on to the end from the newest checkpoint; returns metrics, samples and weights."""
    trainer = tiny_trainer(total_episodes=32 * UPDATES, kl_target=1.0, scale_scores=True)
    run_dir = RunDir(folder)
    newest = run_dir.latest_checkpoint()
    log = folder / "metrics.jsonl"
    if newest is not None:
        trainer.load(newest[1])
        log.write_text("".join(line + "\n" for line in log.read_text().splitlines()[: newest[0]]))

    def write(target: Path) -> None:
        trainer.save(target)
        if trainer.update == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    for report in trainer.updates():
        timed = ("seconds/", "throughput/")
        metrics = {name: value for name, value in report.metrics.items() if not name.startswith(timed)}
        texts = [sample.response for sample in report.samples]
        with log.open("a") as file:
            file.write(json.dumps([metrics, texts]) + "\n")
        if report.update % 2 == 0:
            run_dir.save_checkpoint(report.update, write)
    weights = [value for parameter in trainer.parameters for value in parameter.flatten().tolist()]
    return {"log": log.read_text(), "weights": weights}


if __name__ == "__main__":
    place = Path(sys.argv[1])
    ended = run(place, int(sys.argv[2]) if len(sys.argv) > 2 else None)
    (place / "end.json").write_text(json.dumps(ended))

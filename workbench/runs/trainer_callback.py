"""Bridge between the Hugging Face Trainer and a run: events out, stop requests in, checkpoints complete or absent."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from workbench.runs.context import RunContext
from workbench.runs.events import CheckpointSaved, Metric
from workbench.runs.progress import ProgressReporter


class RunCallback(TrainerCallback):
    """Turns a Trainer's logs into events of the run."""

    def __init__(self, context: RunContext, phase: str, names: Mapping[str, str]) -> None:
        """``names`` maps the Trainer's log keys to the metric names of docs/metrics.md; other keys are dropped."""
        self._context = context
        self._names = names
        self._progress = ProgressReporter(context.emit, phase)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """One Metric event for each log line."""
        values = {self._names[key]: float(value) for key, value in (logs or {}).items() if key in self._names}
        values = {name: value for name, value in values.items() if math.isfinite(value)}
        if values:
            self._context.emit(Metric(step=state.global_step, values=values))

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Progress, and a checkpoint before leaving when asked to stop."""
        self._progress(state.global_step, state.max_steps)
        if self._context.stop_requested() and state.global_step < state.max_steps:
            control.should_save = True
            control.should_training_stop = True

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Mark the checkpoint as complete: only then will a resumed run use it."""
        checkpoint = self._context.dir.checkpoints / f"checkpoint-{state.global_step}"
        self._context.dir.mark_complete(checkpoint)
        self._context.emit(CheckpointSaved(step=state.global_step))


def checkpoint_to_resume(context: RunContext) -> tuple[int, Path | None]:
    """Step and folder of the newest complete checkpoint, (0, None) without one; torn ones are removed."""
    newest = context.dir.latest_checkpoint()
    if context.dir.checkpoints.is_dir():
        for folder in context.dir.checkpoints.iterdir():
            if folder.is_dir() and not (folder / "DONE").exists():
                shutil.rmtree(folder, ignore_errors=True)
    return newest if newest is not None else (0, None)

"""Bridge between the Hugging Face Trainer and a run: events out, stop and pause in, checkpoints complete or absent."""

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
from workbench.runs.steering import Steering


class RunCallback(TrainerCallback):
    """Turns a Trainer's logs into events of the run."""

    def __init__(self, context: RunContext, phase: str, names: Mapping[str, str]) -> None:
        """``names`` maps the Trainer's log keys to the metric names of docs/metrics.md; other keys are dropped."""
        self._context = context
        self._names = names
        self._progress = ProgressReporter(context.emit, phase)
        self._steering = Steering(context)
        self.stopped_at: int | None = None
        """The step at which a stop request ended the training."""

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

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Wait here while paused; the checkpoint of what was reached is on disk."""
        self._steering.wait_while_paused(state.global_step, state.max_steps, lambda: None)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Progress, and a checkpoint when one is asked for, and before a pause or leaving."""
        self._progress(state.global_step, state.max_steps)
        if state.global_step >= state.max_steps:
            return
        if self._steering.checkpoint_wanted() or self._steering.pause_wanted():
            control.should_save = True
        if self._context.stop_requested():
            control.should_save = True
            control.should_training_stop = True
            self.stopped_at = state.global_step

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

"""The bridge to the Trainer, with pauses and checkpoints on request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transformers import TrainerControl, TrainerState, TrainingArguments

from workbench.runs.context import RunContext
from workbench.runs.steering import Steering
from workbench.runs.trainer_callback import RunCallback


class SteeredCallback(RunCallback):
    """Also pauses where ``control.json`` says so: after a checkpoint, until it no longer does."""

    def __init__(self, run: RunContext, fit: RunContext, phase: str, names: Mapping[str, str]) -> None:
        super().__init__(fit, phase, names)
        self._run = run
        self._steering = Steering(run)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """As for every run; and a checkpoint where one is asked for, or before a pause."""
        super().on_step_end(args, state, control, **kwargs)
        if self._steering.checkpoint_wanted() or self._run.control().get("pause"):
            control.should_save = True

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """The checkpoint is on disk: now the run may wait."""
        super().on_save(args, state, control, **kwargs)
        self._steering.wait_while_paused(state.global_step, state.max_steps, lambda: None)
        if self._run.stop_requested() and state.global_step < state.max_steps:
            control.should_training_stop = True

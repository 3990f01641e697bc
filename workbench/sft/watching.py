"""What a person sees while a model learns: answers to fixed prompts, speed, memory; and when it has learned enough."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from workbench.runs.context import RunContext
from workbench.runs.events import Metric, Notice, Sample

SAMPLE_ROUNDS = 8
"""How often the fixed prompts are answered, besides before the first step."""


class AnswersCallback(TrainerCallback):
    """Answers the same few prompts again and again; the training itself does not notice."""

    def __init__(
        self, context: RunContext, tokenizer: Any, prompts: Sequence[str], max_new_tokens: int, resumed: bool
    ) -> None:
        """``resumed``: the answers before the first step were given already."""
        self._context, self._tokenizer = context, tokenizer
        self._prompts, self._max_new_tokens, self._resumed = prompts, max_new_tokens, resumed

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """What the model says before it has learned anything."""
        if not self._resumed:
            self._answer(kwargs["model"], 0)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """An answer to each prompt, about eight times in a run and at its end."""
        every = max(1, state.max_steps // SAMPLE_ROUNDS)
        if state.global_step % every == 0 or state.global_step == state.max_steps:
            self._answer(kwargs["model"], state.global_step)

    def _answer(self, model: Any, step: int) -> None:
        from workbench.models.generation import generate

        training = model.training
        model.eval()
        try:
            answers = generate(model, self._tokenizer, self._prompts, max_new_tokens=self._max_new_tokens)
        finally:
            model.train(training)
        for prompt, answer in zip(self._prompts, answers, strict=True):
            self._context.emit(Sample(step=step, prompt=prompt, response=answer, fixed=True))


class PaceCallback(TrainerCallback):
    """Tokens per second within the steps (evaluations, answers and checkpoints do not count), and memory."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._began = 0.0
        self._seconds = 0.0
        self._tokens: float | None = None

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """The clock starts; a pause lies before it."""
        self._began = time.perf_counter()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """The clock stops."""
        self._seconds += time.perf_counter() - self._began

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """One Metric for each training log line."""
        if not logs or "num_tokens" not in logs or "loss" not in logs:
            return
        values = {"train/memory_gib": memory_in_use() / 2**30}
        tokens = float(logs["num_tokens"])
        if self._tokens is not None and tokens > self._tokens and self._seconds > 0:
            values["train/tokens_per_second"] = (tokens - self._tokens) / self._seconds
        self._tokens, self._seconds = tokens, 0.0
        self._context.emit(Metric(step=state.global_step, values=values))


class BestCallback(TrainerCallback):
    """Keeps the checkpoint with the lowest validation loss, and ends a run that no longer lowers it.

    Both follow from the trainer's own log, which is part of every checkpoint: a resumed run decides the same.
    """

    def __init__(self, context: RunContext, patience: int) -> None:
        """``patience``: evaluations without a new best after which training ends; 0 is never."""
        self._context, self._patience = context, patience
        self.ended_at: int | None = None
        """The step after which training was ended early."""

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """A new best asks for a checkpoint; too many evaluations without one ask for the end."""
        losses = [entry["eval_loss"] for entry in state.log_history if "eval_loss" in entry]
        since_best = len(losses) - 1 - losses.index(min(losses))
        if since_best == 0:
            control.should_save = True
        if self._patience and since_best >= self._patience and state.global_step < state.max_steps:
            control.should_training_stop = True
            self.ended_at = state.global_step
            self._context.emit(
                Notice(
                    message=f"Training ended early, after step {state.global_step} of {state.max_steps}: the "
                    f"validation loss had not fallen for {since_best} evaluations."
                )
            )


def memory_in_use() -> int:
    """Bytes: the peak on a CUDA device, this process's present size without one."""
    import psutil
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return int(psutil.Process().memory_info().rss)

"""The trainings of one run: the members of an ensemble, and refits on parts of the pairs for the learning curve.

Each has a folder of its own with checkpoints and a result, complete or absent, so that a run that was stopped goes on
in the middle of the fit it was in. To the outside the run has one count of steps.

    runs/RUN_ID/fits/member-1/    checkpoints/, final/
    runs/RUN_ID/checkpoints/      checkpoint-STEP: which fit was how far; its weights lie in the fit's folder
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import NotReady
from workbench.reward_model.backends import BackendModel
from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.contrasts import contrast_pairs
from workbench.reward_model.votes import PreferenceRow
from workbench.runs.context import RunContext
from workbench.runs.events import CheckpointSaved, Event, Metric, Notice, Progress
from workbench.runs.run_dir import RunDir, write_json

METRIC_NAMES = {
    "loss": "train/loss",
    "accuracy": "train/accuracy",
    "margin": "train/margin",
    "learning_rate": "train/learning_rate",
    "eval_loss": "eval/loss",
    "eval_accuracy": "eval/accuracy",
    "eval_margin": "eval/margin",
}
CURVE_SHARES = (0.25, 0.5, 0.75)
MIXED_BATCHES = 8
"""Rows are sorted by length within so many batches at a time, so that passes still differ."""


@dataclass(frozen=True, slots=True)
class Fit:
    """One training, on ``rows`` that votes decided; ``share`` is the part of the training prompts that it may see."""

    name: str
    rows: tuple[PreferenceRow, ...]
    seed: int
    share: float = 1.0

    def lesson(self, config: RewardModelConfig) -> list[PreferenceRow]:
        """The rows and, where asked for, contrasts to them."""
        return [*self.rows, *contrast_pairs(self.rows, config.contrasts_per_pair, self.seed)]

    def steps(self, config: RewardModelConfig) -> int:
        """Optimiser steps, if no row is too long."""
        return -(-max(1, round(config.epochs * len(self.lesson(config)))) // config.batch_size)


def plan(config: RewardModelConfig, rows: Sequence[PreferenceRow]) -> list[Fit]:
    """The fits of a run, members first. The first member learns from every row, whatever the others do."""
    fits = []
    for number in range(1, config.members + 1):
        drawn = number > 1 and config.members_differ == "bootstrap"
        own = bootstrap(rows, config.seed + number) if drawn else tuple(rows)
        # Seeds of members lie far apart, so that those of two runs with neighbouring seeds do not meet.
        fits.append(Fit(f"member-{number}", own, config.seed + 1000 * (number - 1)))
    if config.learning_curve:
        parts = [(share, part_of(rows, share)) for share in CURVE_SHARES]
        fits += [Fit(f"curve-{share:.0%}".rstrip("%"), part, config.seed, share) for share, part in parts if part]
    return fits


def bootstrap(rows: Sequence[PreferenceRow], seed: int) -> tuple[PreferenceRow, ...]:
    """As many prompts drawn again with replacement, each with all its rows: rows of one prompt belong together."""
    prompts = sorted({row.prompt for row in rows})
    by_prompt: dict[str, list[PreferenceRow]] = {}
    for row in rows:
        by_prompt.setdefault(row.prompt, []).append(row)
    dice = random.Random(seed)
    return tuple(row for _ in prompts for row in by_prompt[dice.choice(prompts)])


def part_of(rows: Sequence[PreferenceRow], share: float) -> tuple[PreferenceRow, ...]:
    """The rows of a share of the prompts; a larger share holds every smaller one. Ordered by a hash of the prompt."""
    prompts = sorted({row.prompt for row in rows}, key=lambda prompt: hashlib.sha256(prompt.encode()).hexdigest())
    kept = set(prompts[: round(share * len(prompts))])
    return tuple(row for row in rows if row.prompt in kept)


def order_of(lengths: Sequence[int], epochs: float, batch_size: int, seed: int) -> list[int]:
    """Row numbers of all passes in the order they are learned from: rows of like length share a batch.

    That leaves a third less padding to compute. The order depends on the seed alone, so a resumed run finds its place.
    """
    order: list[int] = []
    dice = random.Random(seed)
    while len(order) < round(epochs * len(lengths)) or not order:
        rows = list(range(len(lengths)))
        dice.shuffle(rows)
        stretch = MIXED_BATCHES * batch_size
        batches = []
        for start in range(0, len(rows), stretch):
            alike = sorted(rows[start : start + stretch], key=lambda row: lengths[row])
            batches += [alike[at : at + batch_size] for at in range(0, len(alike), batch_size)]
        dice.shuffle(batches)
        order += [row for batch in batches for row in batch]
    return order[: max(1, round(epochs * len(lengths)))]


class FitContext(RunContext):
    """A fit as the Trainer's callback sees it: checkpoints of its own, steps counted on in the run's events."""

    def __init__(self, outer: RunContext, fit: Fit, before: int, total: int) -> None:
        self.dir = RunDir(outer.dir.path / "fits" / fit.name)
        self._outer, self._fit, self._before, self._total = outer, fit, before, total

    def emit(self, event: Event) -> None:
        """The event of this fit as one of the run; curves are drawn of the first member alone."""
        step = getattr(event, "step", 0) + self._before
        match event:
            case Progress():
                self._outer.emit(self._overall(event))
            case CheckpointSaved():
                place = {"fit": self._fit.name, "step": event.step}
                self._outer.dir.save_checkpoint(step, lambda folder: write_json(folder / "fit.json", place))
                self._outer.dir.prune_checkpoints(2)
                self._outer.emit(CheckpointSaved(step=step))
            case Metric():
                if self._fit.name == "member-1":
                    self._outer.emit(event.model_copy(update={"step": step}))
            case _:
                self._outer.emit(event)

    def _overall(self, event: Progress) -> Progress:
        left = event.eta_seconds
        if left is not None and event.total > event.done:  # the later fits at the pace of this one
            left *= (self._total - self._before - event.done) / (event.total - event.done)
        done = self._before + event.done
        return event.model_copy(update={"done": done, "total": self._total, "eta_seconds": left})

    def control(self) -> dict[str, Any]:
        """What the run is told."""
        return self._outer.control()

    def stop_requested(self) -> bool:
        """Whether the run is to stop."""
        return self._outer.stop_requested()


def train(
    context: RunContext,
    fits: Sequence[Fit],
    backend: BackendModel,
    config: RewardModelConfig,
    validation: Sequence[PreferenceRow],
) -> int | None:
    """Train every fit that is not complete; None at the end, or the run's step at which a stop ended it.

    Raises:
        NotReady: every row of a fit is longer than ``max_length`` tokens.
    """
    before, total = 0, sum(fit.steps(config) for fit in fits)
    for fit in fits:
        own = FitContext(context, fit, before, total)
        if not (own.dir.final / "DONE").exists():
            stopped = _train_one(context, own, fit, backend, config, validation)
            if stopped is not None:
                return before + stopped
        before += fit.steps(config)
    return None


def fit_folder(context: RunContext, fit: Fit) -> Path:
    """Where a finished fit lies."""
    return RunDir(context.dir.path / "fits" / fit.name).final


def _train_one(
    context: RunContext,
    own: FitContext,
    fit: Fit,
    backend: BackendModel,
    config: RewardModelConfig,
    validation: Sequence[PreferenceRow],
) -> int | None:
    """Train one fit and publish it in its folder; its own step where a stop ended it."""
    from workbench.runs.trainer_callback import checkpoint_to_resume

    own.dir.path.mkdir(parents=True, exist_ok=True)
    own.dir.clear_unfinished()
    # Validation curves are drawn for the first member alone; for the others they would cost and show nothing.
    first = fit.name == "member-1"
    train_rows = encode_rows(context, backend, fit.lesson(config), config.max_length, tell=first)
    held_out = encode_rows(context, backend, validation if first else [], config.max_length, tell=False)
    if len(train_rows) == 0:
        raise NotReady(f"Every pair is longer than {config.max_length} tokens; choose a larger max_length.")
    trainer = _trainer(context, own, fit, backend, config, train_rows, held_out)
    _, checkpoint = checkpoint_to_resume(own)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if trainer.state.global_step < trainer.state.max_steps:
        return int(trainer.state.global_step)
    own.dir.publish_final(lambda folder: backend.save(trainer.model, folder))
    own.dir.prune_checkpoints(0)  # what they were for is done
    return None


def _trainer(
    context: RunContext,
    own: FitContext,
    fit: Fit,
    backend: BackendModel,
    config: RewardModelConfig,
    train_rows: Any,
    held_out: Any,
) -> Any:
    from trl import RewardConfig, RewardTrainer

    from workbench.reward_model.callback import SteeredCallback
    from workbench.runs.trainer_arguments import trainer_arguments

    lengths = [max(map(len, ids)) for ids in zip(train_rows["chosen_ids"], train_rows["rejected_ids"], strict=True)]
    order = order_of(lengths, config.epochs, config.batch_size, fit.seed)
    shared = trainer_arguments(
        own.dir.checkpoints,
        rows=len(order),
        has_validation=len(held_out) > 0,
        epochs=1,  # the order holds every pass
        batch_size=config.batch_size,
        learning_rate=backend.learning_rate,
        warmup_ratio=0.05,
        seed=fit.seed,
    )
    alone = fit.name == "member-1" and config.members == 1
    phase = "training" if alone else f"training {fit.name}"
    return RewardTrainer(
        model=backend.fresh(fit.seed),
        args=RewardConfig(max_length=config.max_length, train_sampling_strategy="sequential", **shared),
        train_dataset=train_rows.select(order),
        eval_dataset=held_out if len(held_out) else None,
        processing_class=backend.tokenizer,
        peft_config=backend.peft_config,
        callbacks=[SteeredCallback(context, own, phase, METRIC_NAMES)],
    )


def encode_rows(
    context: RunContext, backend: BackendModel, rows: Sequence[PreferenceRow], max_length: int, *, tell: bool
) -> Any:
    """Rows as token ids with their margin; those too long for the model are left out, and said where ``tell``."""
    from datasets import Dataset

    columns: dict[str, list[Any]] = {"chosen_ids": [], "rejected_ids": [], "margin": []}
    left_out = 0
    for row in rows:
        chosen, rejected = backend.encode(row.prompt, row.chosen), backend.encode(row.prompt, row.rejected)
        if max(len(chosen), len(rejected)) > max_length:
            left_out += 1
            continue
        for name, value in zip(columns, (chosen, rejected, row.margin), strict=True):
            columns[name].append(value)
    if left_out and tell:
        meaning = "left out, so nothing is learned about such long responses; a larger max_length takes them in"
        context.emit(
            Notice(message=f"{left_out} pairs are longer than {max_length} tokens: {meaning}.", count=left_out)
        )
    return Dataset.from_dict(columns)

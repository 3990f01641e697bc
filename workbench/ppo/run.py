"""One PPO run in a workspace: the engine between a run directory's models and its events."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from workbench.evaluation.answers import measure_answers
from workbench.models.spec import ModelSpec
from workbench.ppo.evaluation import Best, Judged, judge
from workbench.ppo.loading import Parts, load_parts
from workbench.ppo.policy import POLICY_ADAPTER, SharedTrunk
from workbench.ppo.state import branch_state, load_weights
from workbench.ppo.token_values import token_values
from workbench.ppo.types import TrainingSample, UpdateReport
from workbench.ppo.watch import Watch
from workbench.runs.context import RunContext
from workbench.runs.events import CheckpointSaved, Finished, Metric, Notice, Sample, Stopped, TokenValues
from workbench.runs.progress import ProgressReporter
from workbench.runs.run_dir import read_json, write_json
from workbench.runs.steering import Steering, steer

BRANCH = "branch"
"""Folder in the run directory with the checkpoint that a branched run begins with."""
_BEST_FILE = "best.json"


def run(context: RunContext) -> Finished | Stopped:
    """Optimise, publish the policy, and compare it with the SFT model on held-out prompts.

    Raises:
        InvalidInput: no prompt of the training split fits, or a reward function gives no usable score.
        ModelError: a model cannot be loaded.
    """
    began = time.monotonic()
    parts = load_parts(context)
    loop = _Loop(context, parts)
    stopped = loop.optimise()
    if stopped is not None:
        return stopped
    loop.choose()
    run_id = str(context.dir.config["run_id"])
    model = _publish(context, parts, run_id)
    summary = _compare(context, parts, run_id)
    episodes = parts.trainer.update * parts.config.ppo.batch_size
    return Finished(
        summary={
            **summary,
            **loop.summary(),
            "episodes": episodes,
            "seconds": time.monotonic() - began,
            "peak_memory_mb": peak_memory_mb(),
        },
        model_kind="ppo",
        model=model,
        parent_model_id=parts.sft_model_id,
    )


class _Loop:
    """The updates with all that happens between two of them."""

    def __init__(self, context: RunContext, parts: Parts) -> None:
        self._context, self._parts = context, parts
        self._trainer, self._config = parts.trainer, parts.config.ppo
        self._steering = Steering(context)
        self._best = Best()
        newest = context.dir.latest_checkpoint()
        if newest is not None:
            self._trainer.load(newest[1])
            self._best = Best(**read_json(newest[1] / _BEST_FILE))
        elif (context.dir.path / BRANCH).is_dir():
            branch_state(self._trainer, context.dir.path / BRANCH)
        self._watch = Watch(context.dir, up_to=self._trainer.update)

    def optimise(self) -> Stopped | None:
        """Run the remaining updates; Stopped where a stop was asked for."""
        trainer, config = self._trainer, self._config
        reporter = ProgressReporter(self._context.emit, "optimising")
        if trainer.update == 0:
            self._emit_fixed_samples()
            self._measure()
        while trainer.update < trainer.total_updates and trainer.ended_because is None:
            self._follow_control()
            if self._context.stop_requested():
                self._checkpoint()
                return Stopped(step=trainer.update)
            report = trainer.step()
            last = report.update == report.total_updates or trainer.ended_because is not None
            _emit_update(self._context, report)
            if report.update % config.sample_every == 0 or last:
                self._emit_fixed_samples()
            evaluated = config.evaluate_every and (report.update % config.evaluate_every == 0 or last)
            is_best = bool(evaluated) and self._evaluate()
            reporter(report.update, report.total_updates)
            if is_best or report.update % config.checkpoint_every == 0:
                self._checkpoint()
            self._heed_alarm(last)
        if trainer.ended_because is not None:
            self._context.emit(Notice(message=f"Ended after {trainer.update} updates: {trainer.ended_because}."))
        return None

    def choose(self) -> None:
        """Put in place what is given out: a share of the way to the last policy, or to that of the best checkpoint."""
        if self._config.publish == "best" and self._best.step is not None:
            load_weights(self._trainer, self._context.dir.checkpoints / f"checkpoint-{self._best.step}")
        self._trainer.policy.move_back(self._config.publish_share)

    def summary(self) -> dict[str, Any]:
        """What the run says of its checkpoints."""
        return {
            "best_step": self._best.step,
            "published": self._config.publish,
            "publish_share": self._config.publish_share,
            "updates": self._trainer.update,
        }

    def _follow_control(self) -> None:
        trainer, steering = self._trainer, self._steering
        steering.wait_while_paused(trainer.update, trainer.total_updates, self._checkpoint)
        current = {"kl_coef": trainer.kl_controller.coef, "learning_rate": trainer.learning_rate}
        changes = steering.changes(trainer.update, current)
        trainer.kl_controller.coef = changes.get("kl_coef", trainer.kl_controller.coef)
        trainer.learning_rate = changes.get("learning_rate", trainer.learning_rate)
        if steering.checkpoint_wanted():
            self._checkpoint()

    def _evaluate(self) -> bool:
        """Measure on validation prompts; whether this policy is the best so far."""
        measures, evaluator = self._measure(), self._parts.evaluator
        if measures is None or evaluator is None:
            return False
        return self._best.offer(self._trainer.update, evaluator.worth(measures, self._config.best_by))

    def _measure(self) -> dict[str, float] | None:
        """What the evaluation says now, told as an event; None where none is asked for."""
        evaluator = self._parts.evaluator
        if evaluator is None:
            return None
        measures = evaluator.measure()
        _emit_metrics(self._context, self._trainer.update, measures)
        self._watch.add(self._trainer.update, measures)
        return measures

    def _heed_alarm(self, last: bool) -> None:
        """Say once that the score is being exploited, and pause where that is wanted."""
        alarm = self._watch.news(ended=last)
        if alarm is None:
            return
        self._context.emit(Notice(message=f"Reward-hacking alarm: {alarm.sentence}"))
        if self._parts.config.pause_on_alarm and not last:
            self._context.emit(Notice(message="Paused by the alarm: go on, change settings, or branch from before it."))
            steer(self._context.dir, pause=True)

    def _checkpoint(self) -> None:
        def write(folder: Path) -> None:
            self._trainer.save(folder)
            write_json(folder / _BEST_FILE, asdict(self._best) if self._best.step is not None else {})
            self._watch.keep(folder, self._trainer.update)

        run_dir, step = self._context.dir, self._trainer.update
        run_dir.save_checkpoint(step, write)
        run_dir.prune_checkpoints(self._config.keep_checkpoints, also=[self._best.step or 0, *self._watch.safe])
        self._context.emit(CheckpointSaved(step=step))

    def _emit_fixed_samples(self) -> None:
        samples, experience = self._trainer.answer(self._parts.fixed)
        for row, sample in enumerate(samples):
            tokens = token_values(self._parts.tokenizer, experience, row)
            self._context.emit(_sample_event(self._trainer.update, sample, fixed=True, tokens=tokens))


def peak_memory_mb() -> float:
    """The most memory this process has held so far: of the GPU where there is one, else resident."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 2**20
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)  # Linux counts in KiB, macOS in bytes


def _emit_update(context: RunContext, report: UpdateReport) -> None:
    _emit_metrics(context, report.update, report.metrics)
    for sample in report.samples[:2]:
        context.emit(_sample_event(report.update, sample, fixed=False))


def _emit_metrics(context: RunContext, step: int, values: dict[str, float]) -> None:
    context.emit(Metric(step=step, values={name: value for name, value in values.items() if value == value}))


def _sample_event(step: int, sample: TrainingSample, *, fixed: bool, tokens: TokenValues | None = None) -> Sample:
    return Sample(
        step=step,
        prompt=sample.prompt,
        response=sample.response,
        fixed=fixed,
        score=sample.score,
        kl=sample.kl,
        length=sample.length,
        tokens=tokens,
    )


def _publish(context: RunContext, parts: Parts, run_id: str) -> ModelSpec:
    """Write the result to ``final/``; returns what the model is made of."""
    policy = parts.trainer.policy
    if isinstance(policy, SharedTrunk):
        model = policy.model
        context.dir.publish_final(lambda folder: model.save_pretrained(str(folder), selected_adapters=[POLICY_ADAPTER]))
        return parts.sft_spec.with_adapter(f"runs/{run_id}/final/{POLICY_ADAPTER}")

    def write(folder: Path) -> None:
        policy.model.save_pretrained(str(folder))
        parts.tokenizer.save_pretrained(folder)

    return ModelSpec(base=str(context.dir.publish_final(write)))


def _compare(context: RunContext, parts: Parts, run_id: str) -> dict[str, Any]:
    """Answer the held-out prompts as SFT model and as PPO model; score both; measure the distance between them."""
    if not parts.held_out.rows:
        context.emit(Notice(message="No demonstration is in the test split, so before and after were not compared."))
        return {"score_before": None, "score_after": None, "kl": None, "held_out_prompts": 0}
    with parts.trainer.policy.as_reference():
        before, sampled_before = _answer(context, parts, parts.sft_model_id), _sample(parts)
    after, sampled_after = _answer(context, parts, run_id), _sample(parts)
    return {
        "score_before": fmean(sampled_before.scores),
        "score_after": fmean(sampled_after.scores),
        "kl": fmean(sampled_after.kl),
        "before": before,
        "after": after,
        "held_out_prompts": len(parts.held_out.rows),
    }


def _answer(context: RunContext, parts: Parts, model_id: str) -> dict[str, float | None]:
    """The likeliest answers, with every measure of step 2."""
    trainer = parts.trainer
    reporter = ProgressReporter(context.emit, f"answering held-out prompts ({model_id})")
    greedy = replace(trainer.sampling, temperature=0.0)
    answers: list[str] = []
    for start in range(0, len(parts.held_out_prompts), trainer.config.batch_size):
        batch = parts.held_out_prompts[start : start + trainer.config.batch_size]
        answers += trainer.texts(trainer.sample(batch, greedy, None))
        reporter(len(answers), len(parts.held_out_prompts))
    return measure_answers(context.emit, model_id, answers, parts.held_out, seed=trainer.config.seed)


def _sample(parts: Parts) -> Judged:
    """One sampled response to each held-out prompt, scored; the same randomness for every model."""
    return judge(parts.trainer, parts.held_out_prompts, parts.trainer.sampling, parts.trainer.config.seed + 2)

"""One verdict run: base, SFT, best-of-n and the tuned candidates on the same held-out prompts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from workbench.errors import NotReady
from workbench.evaluation.bootstrap import mean_interval, proportion_interval
from workbench.evaluation.held_out import HeldOut
from workbench.models.loading import load_merged, load_tokenizer
from workbench.models.spec import ModelSpec
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, ModelMade, Stopped
from workbench.runs.frozen_data import read_demonstrations
from workbench.runs.progress import ProgressReporter
from workbench.verdict.checkpoints import checkpoint_model_id, publish_checkpoints
from workbench.verdict.config import VerdictConfig
from workbench.verdict.judge import Judge, Judged
from workbench.verdict.scoring import text_score
from workbench.verdict.words import verdict_sentence

Row = dict[str, Any]


def run(context: RunContext) -> Finished | Stopped:
    """Publish the checkpoints as models, judge every candidate, and say what it adds up to.

    Raises:
        NotReady: no demonstration is held out.
    """
    began = time.monotonic()
    stored = context.dir.config
    config = VerdictConfig.model_validate(stored["config"])
    specs = {name: ModelSpec.model_validate(spec) for name, spec in stored["models"].items()}
    sft_id, base_id = str(stored["sft_model_id"]), stored.get("base_model_id")
    held_out = HeldOut.choose(read_demonstrations(context.dir.data), "test", config.prompts)
    if len(held_out.rows) < 2:
        raise NotReady("Fewer than two demonstrations are in the test split, so nothing can be judged.")
    candidates = _candidates(context, config, specs)
    tokenizer, sft = load_tokenizer(specs[sft_id]), load_merged(specs[sft_id], context.dir.workspace)
    score = text_score(str(stored["reward_model_id"]), specs, context.dir.workspace)
    judge = Judge(context.emit, config, held_out, tokenizer, sft, score)
    plan: list[tuple[str, str, str]] = [(sft_id, f"SFT ({sft_id})", "sft")]
    plan += [(base_id, f"Base ({base_id})", "base")] if base_id else []
    plan += (
        [(f"best-of-{config.best_of_n}", f"Best of {config.best_of_n}", "best_of_n")] if config.best_of_n > 1 else []
    )
    plan += [(name, name, "tuned") for name in candidates]
    reporter = ProgressReporter(context.emit, "judging")
    rows: list[Row] = []
    reference: Judged | None = None
    for number, (model_id, label, role) in enumerate(plan):
        if context.stop_requested():
            return Stopped(step=0)
        judged = _judge(context, judge, role, model_id, specs | candidates, sft)
        reference = reference or judged
        kl = judge.best_of_n_kl() if role == "best_of_n" else fmean(judged.kl or [0.0])
        rows.append(_row(model_id, label, role, judged, reference, kl, config.seed))
        reporter(number + 1, len(plan))
    sentence = verdict_sentence(rows)
    summary = {"contestants": rows, "sentence": sentence, "sft": sft_id, "held_out_prompts": len(held_out.rows)}
    return Finished(summary={**summary, "seconds": time.monotonic() - began})


def _candidates(context: RunContext, config: VerdictConfig, specs: dict[str, ModelSpec]) -> dict[str, ModelSpec]:
    """The tuned models: checkpoints in their order, the run's result, then the others."""
    found: dict[str, ModelSpec] = {}
    if config.checkpoints:
        sft_id = str(context.dir.config["sft_model_id"])
        for step, spec in publish_checkpoints(context).items():
            model_id = checkpoint_model_id(config.run_id, step)
            found[model_id] = spec
            made = ModelMade(model_id=model_id, model_kind="ppo", model=spec, parent_model_id=sft_id)
            context.emit(made)
    for name in (config.run_id, *config.others):
        if name in specs:
            found[name] = specs[name]
    return found


def _judge(
    context: RunContext, judge: Judge, role: str, model_id: str, specs: dict[str, ModelSpec], sft: Any
) -> Judged:
    if role == "best_of_n":
        return judge.judge_best_of_n(model_id)
    model = sft if role == "sft" else load_merged(specs[model_id], context.dir.workspace)
    return judge.judge(model_id, model.eval())


def _row(model_id: str, label: str, role: str, judged: Judged, sft: Judged, kl: float, seed: int) -> Row:
    """All measures with intervals, and the paired differences from the SFT model."""
    wins = [float(a > b) + 0.5 * float(a == b) for a, b in zip(judged.scores, sft.scores, strict=True)]
    row: Row = {
        "model": model_id,
        "label": label,
        "role": role,
        "score": fmean(judged.scores),
        "score_ci": mean_interval(judged.scores, seed),
        "kl": kl,
        "kl_ci": mean_interval(judged.kl, seed) if judged.kl else None,
        "win_rate": fmean(wins),
        "win_rate_ci": proportion_interval(sum(wins), len(wins)),
        "tokens": fmean(judged.lengths),
        "tokens_ci": mean_interval([float(length) for length in judged.lengths], seed),
        **judged.whole,
    }
    row |= _difference("score_gain", judged.scores, sft.scores, seed)
    for name, measure in (("similarity_change", "embedding_similarity"), ("fact_change", "fact_accuracy")):
        mine = [values.get(measure) for values in judged.measures]
        row |= _difference(name, mine, [values.get(measure) for values in sft.measures], seed)
    return row


def _difference(name: str, mine: Sequence[float | None], theirs: Sequence[float | None], seed: int) -> Row:
    """Mean of the differences prompt by prompt, with its interval; prompts without a value on a side are left out."""
    pairs = zip(mine, theirs, strict=True)
    differences = [a - b for a, b in pairs if a is not None and b is not None]
    if not differences:
        return {name: None, f"{name}_ci": None}
    return {name: fmean(differences), f"{name}_ci": mean_interval(differences, seed)}

"""Stands in for PPO and verdict runs: says what the engine would say, and follows control.json as the engine does."""

from __future__ import annotations

import math
import time

from workbench.runs.context import RunContext
from workbench.runs.events import (
    CheckpointSaved,
    Finished,
    Metric,
    ModelMade,
    Progress,
    Sample,
    Stopped,
    TokenValues,
)
from workbench.runs.steering import Steering
from workbench.verdict.checkpoints import checkpoint_model_id
from workbench.verdict.words import verdict_sentence

PAUSE = 0.15
PROMPT = "Where is the HR department in Boston?"
CHECKPOINT_EVERY = 10


def ppo(context: RunContext, steps: int) -> None:
    """A run that goes well, an update every PAUSE seconds."""
    steering = Steering(context)
    kl_coef = float(context.dir.config["config"]["ppo"]["kl_coef"])
    newest = context.dir.latest_checkpoint()
    first = newest[0] if newest else 0

    def save(step: int) -> None:
        context.dir.save_checkpoint(step, lambda folder: (folder / "ppo_state.pt").write_bytes(b"stub") and None)
        context.emit(CheckpointSaved(step=step))

    for step in range(first + 1, steps + 1):
        steering.wait_while_paused(step - 1, steps, lambda step=step: save(step - 1))  # type: ignore[misc]
        kl_coef = steering.changes(step - 1, {"kl_coef": kl_coef, "learning_rate": 1e-3}).get("kl_coef", kl_coef)
        if steering.checkpoint_wanted():
            save(step - 1)
        if context.stop_requested():
            save(step - 1)
            context.emit(Stopped(step=step - 1))
            return
        context.emit(Metric(step=step, values=_metrics(step, kl_coef)))
        context.emit(Progress(phase="optimising", done=step, total=steps, eta_seconds=(steps - step) * PAUSE))
        if step % CHECKPOINT_EVERY == 0 or step == 1:
            _look(context, step)
            save(step)
        time.sleep(PAUSE)
    context.emit(Finished(summary={"score_before": 0.1, "score_after": 0.5, "kl": 0.4, "updates": steps}))


def _metrics(step: int, kl_coef: float) -> dict[str, float]:
    risen = 1 - math.exp(-step / 40)
    return {
        "objective/scores": 0.1 + 0.4 * risen,
        "objective/kl": 0.4 * risen,
        "objective/rlhf_reward": 0.1 + 0.4 * risen - kl_coef * 0.4 * risen,
        "objective/kl_coef": kl_coef,
        "objective/entropy": 0.1 - 0.02 * risen,
        "loss/policy": -0.01,
        "loss/value": 0.12,
        "response/length": 28.0,
        "response/eos_rate": 0.99,
        "learning_rate": 1e-3,
    }


def _look(context: RunContext, step: int) -> None:
    values = {"eval/score": step / 200, "eval/kl": step / 300, "eval/win_rate": 0.5 + step / 1000}
    context.emit(Metric(step=step, values=values | {"eval/length": 28.0, "eval/embedding_similarity": 0.84}))
    tokens = TokenValues(text=["On ", f"floor {step}", "."], kl=[0.1, 0.5, -0.2], advantage=[0.2, 1.0, -0.4])
    text = "".join(tokens.text)
    context.emit(
        Sample(step=step, prompt=PROMPT, response=text, fixed=True, score=step / 100, kl=0.4, length=3, tokens=tokens)
    )


def verdict(context: RunContext) -> None:
    """A verdict on the checkpoints that were chosen, which did well."""
    from workbench.models.spec import ModelSpec

    stored = context.dir.config
    rows = [_row(stored["sft_model_id"], "sft", 0.1, [0.0, 0.0])]
    for step in stored["config"]["checkpoints"]:
        model_id = checkpoint_model_id(stored["config"]["run_id"], step)
        context.emit(ModelMade(model_id=model_id, model_kind="ppo", model=ModelSpec(), parent_model_id="sft-001"))
        rows.append(_row(model_id, "tuned", 0.5, [0.2, 0.6]))
    sentence = verdict_sentence(rows)
    context.emit(Finished(summary={"contestants": rows, "sentence": sentence, "held_out_prompts": 8}))


def _row(model_id: str, role: str, score: float, gain: list[float]) -> dict[str, object]:
    bounds = [score - 0.1, score + 0.1]
    return {
        "model": model_id, "label": model_id, "role": role, "score": score, "score_ci": bounds, "kl": 0.2,
        "kl_ci": [0.1, 0.3], "win_rate": 0.6, "win_rate_ci": [0.5, 0.7], "tokens": 20.0, "tokens_ci": [18.0, 22.0],
        "score_gain": sum(gain) / 2, "score_gain_ci": gain, "similarity_change": None, "fact_change": None,
    }  # fmt: skip

"""What a PPO run will take, before it starts: time and memory, by what this machine has measured.

The newest earlier PPO run on the same base model says how many seconds an update's parts took and how much memory its
process held; both are scaled to the new settings. Without such a run only memory is estimated, from the size of the
weights, and it is said so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from workbench.errors import WorkbenchError
from workbench.models.loading import base_source
from workbench.ppo.config import PPOConfig

if TYPE_CHECKING:
    from storage.runs import Run
    from workbench.models.registry import RegisteredModel
    from workbench.workspace import Workspace

LIBRARIES_MB = 700.0
"""What torch, transformers and peft take by themselves (measured on Linux, CPU)."""
ACTIVATIONS = 40.0
"""Bytes for each token of a pass and each hidden unit of a layer, gradients included (measured, rounded up)."""
START_SECONDS = 8.0
"""Loading libraries and models."""
FIXED_PROMPTS = 6
PARTS = ("seconds/generate", "seconds/score", "seconds/reference", "seconds/update")


@dataclass(frozen=True, slots=True)
class Preflight:
    """What to expect; None where nothing is known. ``basis`` says in a sentence where the figures come from."""

    seconds: float | None
    memory_mb: float | None
    free_mb: float
    updates: int
    basis: str

    @property
    def fits(self) -> bool | None:
        """Whether the memory is there; None where it is not known."""
        return None if self.memory_mb is None else self.memory_mb < self.free_mb


def preflight(ws: Workspace, start: RegisteredModel, config: PPOConfig, held_out: int) -> Preflight:
    """Estimate a run.

    Args:
        start: the model that it starts from.
        held_out: prompts that are answered at the end, by two models and twice each.
    """
    free = psutil.virtual_memory().available / 2**20
    updates = math.ceil(config.total_episodes / config.batch_size)
    measured = _measured(ws, start)
    if measured is None:
        memory = _memory_by_size(start, config)
        basis = "No PPO run has been measured here on this base model yet, so the time is not known"
        basis += "; memory by the size of the weights." if memory is not None else "."
        return Preflight(None, memory, free, updates, basis)
    run, figures = measured
    seconds = START_SECONDS + _seconds(figures, run.config["ppo"], config, updates, held_out)
    peak = run.summary.get("peak_memory_mb")
    memory = float(peak) * _growth(run.config["ppo"], config) if peak else _memory_by_size(start, config)
    return Preflight(seconds, memory, free, updates, f"Scaled from what {run.id} took on this machine.")


def _measured(ws: Workspace, start: RegisteredModel) -> tuple[Run, dict[str, float]] | None:
    """The newest PPO run from the same base with timed updates, and the mean of its timings.

    Not their median: where other work came and went, the whole takes what the mean says.
    """
    for run in ws.runs.list(kind="ppo"):
        model = ws.models.find(run.id)
        if model is None or model.spec.get("base") != start.spec.base or "ppo" not in run.config:
            continue
        frame = ws.metrics.series(run.id, [*PARTS, "response/length"], max_points=100)
        figures = {str(name): float(rows["value"].mean()) for name, rows in frame.groupby("name")}
        if {*PARTS, "response/length"} <= figures.keys():
            return run, figures
    return None


def _seconds(
    figures: Mapping[str, float], before: Mapping[str, Any], config: PPOConfig, updates: int, held_out: int
) -> float:
    """Sampling, scoring and reference go with episodes and length; learning with the passes as well."""
    longer = _longer(before, config, figures["response/length"])
    episode = sum(figures[name] for name in PARTS[:3]) / before["batch_size"] * longer
    learning = figures["seconds/update"] / before["batch_size"] * longer * config.ppo_epochs / before["ppo_epochs"]
    looks = updates // config.evaluate_every + 2 if config.evaluate_every else 0
    looked_at = looks * config.evaluation_prompts + (updates // config.sample_every + 1) * FIXED_PROMPTS
    return float(config.batch_size * updates * (episode + learning) + (looked_at + 4 * held_out) * episode)


def _longer(before: Mapping[str, Any], config: PPOConfig, length: float) -> float:
    """Responses that were cut grow with the room they get; others stay as long as they are."""
    if length >= 0.9 * before["max_new_tokens"]:
        return float(config.max_new_tokens / before["max_new_tokens"])
    return float(min(1.0, config.max_new_tokens / length))


def _growth(before: Mapping[str, Any], config: PPOConfig) -> float:
    """The part of the memory that goes with a pass grows with its rows; half of the peak is taken for that part."""
    rows = config.micro_batch_size or config.minibatch_size
    rows_before = before.get("micro_batch_size") or before["minibatch_size"]
    room = (config.max_prompt_tokens + config.max_new_tokens) / (before["max_prompt_tokens"] + before["max_new_tokens"])
    return float(0.5 + 0.5 * max(1.0, rows / rows_before * room, config.batch_size / before["batch_size"]))


def _memory_by_size(start: RegisteredModel, config: PPOConfig) -> float | None:
    """Weights once (LoRA) or with copy, gradients and two moments (full), and the passes."""
    try:
        folder = Path(base_source(start.spec))
        size = sum(file.stat().st_size for file in folder.glob("*.safetensors")) / 2**20
    except (WorkbenchError, OSError):
        return None
    if not size:
        return None
    copies = 1.5 if config.method == "lora" else 5.0
    rows = config.micro_batch_size or config.minibatch_size
    tokens = rows * (config.max_prompt_tokens + config.max_new_tokens)
    return LIBRARIES_MB + copies * size + tokens * ACTIVATIONS * math.sqrt(size * 2**20 / 4) / 2**20

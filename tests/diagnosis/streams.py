"""Event streams of PPO runs: one that is well, shaped like a recorded run, and changes that make it ill."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from workbench.diagnosis.readings import Readings

UPDATES = 40
Shape = Callable[[int], float]
SETTINGS: dict[str, Any] = {"kl_coef": 0.6, "learning_rate": 1e-3, "max_new_tokens": 64, "max_grad_norm": 1.0}


def well(update: int) -> dict[str, float]:
    """The metrics of one update of a run on the embedded company, without its noise."""
    share = update / UPDATES
    return {
        "objective/scores": 0.05 + 0.25 * share,
        "objective/rlhf_reward": 0.03 + 0.2 * share,
        "objective/kl": 0.25 * min(1.0, 3 * share),
        "objective/entropy": 0.1 - 0.02 * share,
        "objective/kl_coef": 0.6,
        "objective/score_disagreement": 0.2,
        "loss/policy": -0.01,
        "loss/value": 0.14 - 0.02 * share,
        "policy/clipfrac": 0.01 * (1 - share) + 0.002,
        "policy/approx_kl": 0.002 * (1 - share) + 0.0002,
        "policy/grad_norm": 0.1,
        "policy/stopped_early": 0.0,
        "value/explained_variance": 0.4 * share,
        "response/length": 28.0,
        "response/eos_rate": 0.99,
        "learning_rate": 1e-3 * (1 - share),
        "eval/score": 0.05 + 0.2 * share,
    }


def readings(
    change: Mapping[str, Shape | None] | None = None,
    updates: int = UPDATES,
    noise: float = 0.02,
    score_range: tuple[float, float] | None = (-2.5, 2.5),
    **settings: Any,
) -> Readings:
    """A run of so many updates; ``change`` gives metrics another shape over the updates, None leaves one out.

    ``noise`` is the share of each value that chance moves it by, the same at every call.
    """
    dice = random.Random(0)
    series: dict[str, list[tuple[int, float]]] = {}
    for update in range(1, updates + 1):
        values: dict[str, float | None] = dict(well(update))
        for name, shape in (change or {}).items():
            values[name] = None if shape is None else shape(update)
        for name, value in values.items():
            jitter = 1 + dice.gauss(0, noise)
            if value is None or (name.startswith("eval/") and update % 10):
                continue
            series.setdefault(name, []).append((update, value if (name in (change or {})) else value * jitter))
    return Readings(series, SETTINGS | settings, score_range)


def evaluations(**shapes: list[float]) -> dict[str, list[tuple[int, float]]]:
    """Series of ``eval/NAME`` at updates 0, 10, 20 …"""
    return {f"eval/{name}": [(10 * i, value) for i, value in enumerate(values)] for name, values in shapes.items()}

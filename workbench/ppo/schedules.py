"""How the learning rate goes over a run: a linear warm-up, then a fall or none. Pure functions."""

from __future__ import annotations

import math

from workbench.ppo.config import Schedule


def rate_factor(update: int, total: int, warmup_ratio: float, schedule: Schedule) -> float:
    """What the peak learning rate is multiplied by in an update.

    Args:
        update: from 0.
        total: updates of the run.
        warmup_ratio: share of them in which the rate rises.
        schedule: the fall after it, to 0 at the end of the run: linear, along a half cosine, or none.
    """
    warmup = warmup_ratio * total
    if update < warmup:
        return (update + 1) / (warmup + 1)
    if schedule == "constant":
        return 1.0
    done = min(1.0, (update - warmup) / max(1.0, total - warmup))
    return 1.0 - done if schedule == "linear" else 0.5 * (1.0 + math.cos(math.pi * done))

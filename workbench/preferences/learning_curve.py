"""Is it worth voting on? Reward-model accuracy against the number of decided pairs, extrapolated with its doubt.

The curve is a saturating power law that begins at chance,

    accuracy(n) = c − (c − 0.5) · (1 + n / k)^(−b),

the form that learning curves of many models follow (Hestness et al. 2017; Viering & Loog 2021). A flat prior on a grid
of (c, k, b) is weighed by the binomial likelihood of the held-out results, so that few or noisy points give wide
intervals instead of a wrong line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench.reward_model.config import VoteSource

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from workbench.workspace import Workspace

    Array = NDArray[np.float64]

WORTH_IT = 0.01
"""A gain of one point of accuracy is what doubling the votes should bring."""
GO_ON, STOP = 0.7, 0.3
"""Probabilities of such a gain above and below which the advice is clear."""


@dataclass(frozen=True, slots=True)
class AccuracyPoint:
    """A reward model that learned from ``pairs`` decided pairs was right on ``accuracy`` of ``held_out`` pairs."""

    pairs: int
    accuracy: float
    held_out: int


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The expected accuracy at ``pairs`` decided pairs, and the middle 95% of what the points leave possible."""

    pairs: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What more votes would bring.

    ``gain`` is the expected gain in accuracy from twice as many decided pairs with its 95% interval, and
    ``worth_it`` the probability that it is at least ``WORTH_IT``.
    """

    points: list[AccuracyPoint]
    curve: list[CurvePoint]
    gain: float
    gain_ci: tuple[float, float]
    worth_it: float
    advice: Literal["go on", "stop", "unclear"]


def outlook(points: Sequence[AccuracyPoint]) -> Outlook | None:
    """Fits the curve and extrapolates to four times the pairs; None with fewer than two different numbers of pairs."""
    import numpy as np

    known = sorted((point for point in points if point.pairs > 0 and point.held_out > 0), key=lambda p: p.pairs)
    if len({point.pairs for point in known}) < 2:
        return None
    curves, weights = _posterior(known)
    now = known[-1].pairs
    numbers = np.unique(np.geomspace(max(1, known[0].pairs), 4 * now, 40).round().astype(int))
    curve = [CurvePoint(int(n), *_summary(_accuracy(curves, float(n)), weights)) for n in numbers]
    gains = _accuracy(curves, 2.0 * now) - _accuracy(curves, float(now))
    gain, low, high = _summary(gains, weights)
    worth_it = float(weights[gains >= WORTH_IT].sum())
    advice: Literal["go on", "stop", "unclear"] = (
        "go on" if worth_it >= GO_ON else "stop" if worth_it <= STOP else "unclear"
    )
    return Outlook(known, curve, gain, (low, high), worth_it, advice)


def points_of_runs(ws: Workspace, source: VoteSource) -> list[AccuracyPoint]:
    """What the finished reward-model runs on votes of this source have measured.

    A run whose summary holds ``learning_curve`` (a list of ``pairs``, ``accuracy`` and ``held_out_pairs``) gives a
    point for each of these, any other run one point.
    """
    found = []
    for run in ws.runs.list(kind="reward_model", status="finished"):
        if run.config.get("votes", "people") != source:
            continue
        whole = {"pairs": run.summary.get("train_pairs"), **run.summary}
        for row in run.summary.get("learning_curve") or [whole]:
            pairs, accuracy, held_out = (row.get(name) for name in ("pairs", "accuracy", "held_out_pairs"))
            if pairs and held_out and accuracy is not None:
                found.append(AccuracyPoint(int(pairs), float(accuracy), int(held_out)))
    return found


def _posterior(points: Sequence[AccuracyPoint]) -> tuple[Array, Array]:
    """Grid of (c, k, b) as [3, curves], and the weight of each: float [curves], sum 1."""
    import numpy as np

    grid = np.meshgrid(np.linspace(0.51, 0.995, 45), np.geomspace(3, 3000, 30), np.linspace(0.25, 1.5, 11))
    curves = np.array([axis.ravel() for axis in grid])
    log_likelihood = np.zeros(curves.shape[1])
    for point in points:
        p = np.clip(_accuracy(curves, float(point.pairs)), 1e-6, 1 - 1e-6)
        right = point.accuracy * point.held_out
        log_likelihood += right * np.log(p) + (point.held_out - right) * np.log1p(-p)
    weights = np.exp(log_likelihood - log_likelihood.max())
    return curves, weights / weights.sum()


def _accuracy(curves: Array, n: float) -> Array:
    ceiling, scale, power = curves
    accuracy: Array = ceiling - (ceiling - 0.5) * (1 + n / scale) ** -power
    return accuracy


def _summary(values: Array, weights: Array) -> tuple[float, float, float]:
    """Weighted mean, and the 2.5% and 97.5% quantiles."""
    import numpy as np

    order = np.argsort(values)
    cumulated = np.cumsum(weights[order])
    low, high = (float(values[order][min(int(np.searchsorted(cumulated, q)), len(order) - 1)]) for q in (0.025, 0.975))
    return float((values * weights).sum()), low, high

"""Strengths at equal length: Bradley–Terry with the difference in length as one more cause of a vote.

P(a preferred to b) = σ(s_a − s_b + β · d), where d is (length of a − length of b) / (their sum), divided by its
standard deviation. β says how much length alone moves votes, and the strengths are what is left (the control of style
of Li et al. 2024, for length). Fitted by Newton's method; a tie is half a win for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.preferences.bradley_terry import Matrix, largest_group
from workbench.preferences.resampling import draw_counts

RIDGE = 1e-2
"""Weight of a normal prior around 0, far below that of one vote: it keeps a model that never lost finite."""
STEPS = 50


@dataclass(frozen=True, slots=True)
class PairOutcome:
    """What the votes on one pair of two models gave: wins of each (ties half) and lengths in characters."""

    a: int
    b: int
    wins_a: float
    wins_b: float
    length_a: int
    length_b: int


def controlled_strengths(
    outcomes: Sequence[PairOutcome], models: int, seed: int = 0, resamples: int = 200
) -> tuple[Matrix, Matrix]:
    """Strengths and β with their bootstrap.

    Returns:
        float [models + 1]: strengths with mean 0, then β; NaN for models that were never compared with the largest
        group. And the same for resamples of pairs: float [resamples, models + 1].
    """
    design, wins, losses = _design(outcomes, models)
    group = largest_group(_wins(outcomes, models))
    columns = np.array([*group, models])
    inside = np.isin([outcome.a for outcome in outcomes], group)
    design, wins, losses = design[inside][:, columns], wins[inside], losses[inside]

    def solve(weights: Matrix) -> Matrix:
        found = _newton(design, wins * weights, losses * weights)
        full = np.full(models + 1, np.nan)
        full[columns] = found
        full[group] -= found[:-1].mean()
        return full

    if len(group) < 2:
        empty = np.full(models + 1, np.nan)
        return empty, np.full((resamples, models + 1), np.nan)
    drawn = draw_counts(len(design), resamples, seed)
    return solve(np.ones(len(design))), np.array([solve(weights) for weights in drawn])


def _design(outcomes: Sequence[PairOutcome], models: int) -> tuple[Matrix, Matrix, Matrix]:
    rows = np.zeros((len(outcomes), models + 1))
    for row, outcome in zip(rows, outcomes, strict=True):
        row[outcome.a], row[outcome.b] = 1.0, -1.0
        row[models] = (outcome.length_a - outcome.length_b) / max(1, outcome.length_a + outcome.length_b)
    rows[:, models] /= rows[:, models].std() or 1.0
    wins = np.array([outcome.wins_a for outcome in outcomes])
    losses = np.array([outcome.wins_b for outcome in outcomes])
    return rows, wins, losses


def _wins(outcomes: Sequence[PairOutcome], models: int) -> Matrix:
    wins = np.zeros((models, models))
    for outcome in outcomes:
        wins[outcome.a, outcome.b] += outcome.wins_a
        wins[outcome.b, outcome.a] += outcome.wins_b
    return wins


def _newton(design: Matrix, wins: Matrix, losses: Matrix) -> Matrix:
    """Maximum of the penalised likelihood; the problem is concave, so few steps reach it."""
    found = np.zeros(design.shape[1])
    votes = wins + losses
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        gradient = design.T @ (wins - votes * p) - RIDGE * found
        curvature = (design.T * (votes * p * (1 - p))) @ design + RIDGE * np.eye(len(found))
        step = np.linalg.solve(curvature, gradient)
        found = found + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    return found

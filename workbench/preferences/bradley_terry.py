"""Strengths from paired comparisons: the model of Bradley & Terry 1952.

P(i preferred to j) = 1 / (1 + exp(strength_j − strength_i)). Strengths are natural log-odds with mean 0: a
difference of 1 means that the stronger one is preferred in 73% of the comparisons, a difference of 0 in half.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
PRIOR = 0.5
"""Wins that are added on both sides of each two that met, where the likelihood has no maximum."""


def strengths(wins: Matrix) -> Matrix:
    """Maximum-likelihood strengths, NaN for those that cannot be compared with the largest group.

    Where somebody never lost (or never won) against the rest, the likelihood grows without end. Half a win
    is then added on both sides of each two that met, which is one tie: the order stays, the numbers are finite.

    Args:
        wins: square; ``wins[i, j]`` is how often i was preferred to j. A tie is half a win for each.

    Returns:
        One strength for each row, mean 0 over those that are not NaN.
    """
    result = np.full(len(wins), np.nan)
    group = largest_group(wins)
    if len(group) < 2:
        return result
    inside = wins[np.ix_(group, group)]
    if not _everyone_reaches_everyone(inside):
        inside = inside + PRIOR * ((inside + inside.T) > 0)
    from choix import ilsr_pairwise_dense

    found = ilsr_pairwise_dense(inside, max_iter=1000)
    result[group] = found - found.mean()
    return result


def largest_group(wins: Matrix) -> list[int]:
    """The most that are linked by comparisons, directly or through others; by comparisons where even."""
    met = (wins + wins.T) > 0
    left = set(range(len(wins)))
    groups: list[list[int]] = []
    while left:
        group = _reached(met, min(left))
        groups.append(sorted(group))
        left -= group
    return max(groups, key=lambda g: (len(g), float(wins[np.ix_(g, g)].sum())), default=[])


def _everyone_reaches_everyone(wins: Matrix) -> bool:
    """Ford's condition (1957) for a finite maximum: chains of wins lead from each to each."""
    beaten = wins > 0
    return len(_reached(beaten, 0)) == len(_reached(beaten.T, 0)) == len(wins)


def _reached(links: NDArray[np.bool_], start: int) -> set[int]:
    reached, waiting = {start}, [start]
    while waiting:
        for other in np.flatnonzero(links[waiting.pop()]):
            if int(other) not in reached:
                reached.add(int(other))
                waiting.append(int(other))
    return reached


def bootstrap_strengths(matrices: Sequence[Matrix], seed: int = 0, resamples: int = 500) -> Matrix:
    """Strengths of resamples that draw whole pairs again with replacement: float [resamples, models].

    Votes on one pair depend on each other, so the pair is the unit that is drawn.

    Args:
        matrices: for each pair the wins that its votes gave, as in ``strengths``.
        seed: seed of the drawing.
        resamples: number of drawings.
    """
    stacked = np.stack(list(matrices))
    generator = np.random.default_rng(seed)
    # How often each pair is drawn says all that a list of drawn pairs would.
    counts = generator.multinomial(len(stacked), [1 / len(stacked)] * len(stacked), size=resamples)
    return np.array([strengths(np.tensordot(count, stacked, axes=1)) for count in counts])


def intervals(drawn: Matrix) -> list[tuple[float, float] | None]:
    """95% percentile intervals of the columns of ``bootstrap_strengths``; None where one was never compared."""
    result: list[tuple[float, float] | None] = []
    for column in drawn.T:
        known = column[~np.isnan(column)]
        low, high = np.percentile(known, [2.5, 97.5]) if known.size else (np.nan, np.nan)
        result.append((float(low), float(high)) if known.size else None)
    return result

"""Bootstrap intervals of statistics that are functions of sums over units, all resamples at once.

The unit that is drawn again with replacement is the pair, because votes on one pair depend on each other (Efron &
Tibshirani 1993, percentile method). Agreement coefficients depend on the units through sums alone, so a resample needs
no list of drawn units: how often each was drawn, times its terms, gives the sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RESAMPLES = 1000
Interval = tuple[float, float]


def draw_counts(units: int, resamples: int, seed: int) -> Array:
    """How often each unit is drawn: float [resamples, units]; every row sums to ``units``."""
    import numpy as np

    generator = np.random.default_rng(seed)
    return generator.multinomial(units, np.full(units, 1 / units), size=resamples).astype(float)


def interval_of_sums(
    terms: Sequence[Sequence[float]] | Array,
    statistic: Callable[[Array], Array],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval | None:
    """95% percentile interval of ``statistic(sums of terms over units)``; arguments as for ``resampled``.

    Returns:
        None with fewer than two units, or where more than half of the resamples leave the statistic undefined.
    """
    return percentiles(resampled(terms, statistic, seed=seed, resamples=resamples))


def resampled(
    terms: Sequence[Sequence[float]] | Array,
    statistic: Callable[[Array], Array],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Array:
    """The statistic of each resample: float [resamples]; NaN where it is not defined, or with fewer than two units.

    Args:
        terms: [units, terms].
        statistic: from sums [resamples, terms] to values [resamples]; NaN where it is not defined.
        seed: of the drawing.
        resamples: number of drawings.
    """
    import numpy as np

    array = np.asarray(terms, dtype=float)
    if len(array) < 2:
        return np.full(resamples, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return statistic(draw_counts(len(array), resamples, seed) @ array)


def percentiles(values: Array, level: float = 0.95) -> Interval | None:
    """The middle ``level`` of the values; None where more than half of them are not numbers."""
    import numpy as np

    known = values[np.isfinite(values)]
    if known.size * 2 <= values.size:
        return None
    tail = 50 * (1 - level)
    low, high = np.percentile(known, [tail, 100 - tail])
    return float(low), float(high)


def wilson(successes: float, n: int, z: float) -> Interval:
    """Wilson's score interval of a proportion for any quantile ``z`` of the standard normal distribution."""
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def alpha_terms(counts: Array) -> Array:
    """Terms of Krippendorff's nominal alpha for units [U, values] with at least two ratings each."""
    import numpy as np

    ratings = counts.sum(axis=1, keepdims=True)
    agreeing = (counts * (counts - 1)).sum(axis=1, keepdims=True) / (ratings - 1)
    return np.hstack([agreeing, ratings, counts])


def alpha_of_sums(sums: Array) -> Any:
    """Alpha from sums of ``alpha_terms``: 1 − observed / expected disagreement."""
    agreeing, n, values = sums[:, 0], sums[:, 1], sums[:, 2:]
    return 1 - (n - agreeing) * (n - 1) / (n**2 - (values**2).sum(axis=1))


def fleiss_terms(counts: Array) -> Array:
    """Terms of Fleiss' kappa for units [U, values] that all have the same number of ratings, at least two."""
    import numpy as np

    size = counts.sum(axis=1, keepdims=True)
    observed = ((counts**2).sum(axis=1, keepdims=True) - size) / (size * (size - 1))
    return np.hstack([observed, np.ones_like(observed), counts / size])


def fleiss_of_sums(sums: Array) -> Any:
    """Fleiss' kappa from sums of ``fleiss_terms``."""
    observed = sums[:, 0] / sums[:, 1]
    expected = ((sums[:, 2:] / sums[:, 1:2]) ** 2).sum(axis=1)
    return (observed - expected) / (1 - expected)


def cohen_terms(first: Array, second: Array) -> Array:
    """Terms of the chance-corrected agreement of two raters, given as shares of each value [U, values].

    With one rating each this is Cohen's kappa; ``second`` may be the mean of several raters.
    """
    import numpy as np

    agreeing = (first * second).sum(axis=1, keepdims=True)
    return np.hstack([agreeing, np.ones_like(agreeing), first, second])


def cohen_of_sums(sums: Array) -> Any:
    """Kappa from sums of ``cohen_terms``."""
    values = (sums.shape[1] - 2) // 2
    n = sums[:, 1]
    expected = (sums[:, 2 : 2 + values] * sums[:, 2 + values :]).sum(axis=1) / n**2
    return (sums[:, 0] / n - expected) / (1 - expected)

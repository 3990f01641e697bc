"""95% intervals: percentile bootstrap over rows, and Wilson's interval of a proportion.

Sources: Efron & Tibshirani 1993 (percentile bootstrap), Wilson 1927 (score interval). Scores of a whole corpus are
resampled in `workbench.evaluation.additive`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np

RESAMPLES = 1000
LOW, HIGH = 2.5, 97.5
"""Percentiles of a 95% interval."""
Z_95 = 1.959963984540054
"""The 97.5% quantile of the standard normal distribution."""


def mean_interval(values: Sequence[float], seed: int = 0, resamples: int = RESAMPLES) -> tuple[float, float]:
    """95% interval of the mean of the rows' values.

    Raises:
        InvalidInput: no values, or one that is not a finite number.
    """
    import numpy as np

    array = np.asarray(values, dtype=float)
    if array.size == 0:
        raise InvalidInput("There are no values to compute an interval of.")
    if not np.isfinite(array).all():
        raise InvalidInput("An interval cannot be computed of values that are not finite.")
    means = array[resampled_rows(array.size, seed, resamples)].mean(axis=1)
    low, high = np.percentile(means, [LOW, HIGH])
    return float(low), float(high)


def proportion_interval(successes: float, n: int) -> tuple[float, float]:
    """Wilson's 95% interval of a proportion; ``successes`` may hold halves (ties).

    Raises:
        InvalidInput: n is not positive, or the successes are not between 0 and n.
    """
    if n <= 0 or not 0 <= successes <= n:
        raise InvalidInput(f"{successes} of {n} is not a proportion.")
    share = successes / n
    centre = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 * math.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2)) / (1 + Z_95**2 / n)
    # At 0 and n the bound is exact; floating point would leave it a hair off.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high


def resampled_rows(n: int, seed: int, resamples: int) -> np.ndarray:
    """Row numbers of shape (resamples, n), drawn with replacement."""
    import numpy as np

    return np.random.default_rng(seed).integers(0, n, size=(resamples, n))

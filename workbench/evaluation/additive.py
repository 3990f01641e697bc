"""Measures whose value follows from sums over rows, so that one bootstrap serves all of them.

A mean is a sum over a count, corpus BLEU and chrF follow from summed n-gram counts (Koehn 2004), perplexity from summed
losses and tokens. Resampling rows is then one matrix product, whatever the measure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import InvalidInput
from workbench.evaluation.bootstrap import HIGH, LOW, RESAMPLES, resampled_rows
from workbench.evaluation.perplexity import MAX_LOSS

if TYPE_CHECKING:
    import numpy as np

    from workbench.evaluation.text_scores import Statistics


SIGNIFICANT = 0.05
"""A difference with a smaller p is called one; the others may be chance."""


@dataclass(frozen=True, slots=True)
class Additive:
    """One measure of many answers."""

    rows: np.ndarray
    """What each row adds, of shape (rows, parts); a row without the measure adds zeros."""
    finish: Callable[[np.ndarray], float]
    """From the summed parts to the value; NaN where nothing was summed."""

    @property
    def value(self) -> float:
        """The value over all rows."""
        return self.finish(self.rows.sum(axis=0))

    @property
    def n(self) -> int:
        """Rows that have the measure."""
        return int((self.rows != 0).any(axis=1).sum())

    def interval(self, seed: int = 0, resamples: int = RESAMPLES) -> tuple[float, float]:
        """95% percentile bootstrap interval of the value, rows drawn again with replacement.

        Raises:
            InvalidInput: no rows.
        """
        import numpy as np

        if not len(self.rows):
            raise InvalidInput("There are no answers to compute an interval of.")
        low, high = np.nanpercentile(self.values_of(_draws(len(self.rows), seed, resamples)), [LOW, HIGH])
        return float(low), float(high)

    def values_of(self, draws: np.ndarray) -> np.ndarray:
        """The value of each resample; ``draws`` says how often each row was drawn, of shape (resamples, rows)."""
        import numpy as np

        return np.array([self.finish(summed) for summed in draws @ self.rows])

    def only(self, keep: Sequence[bool] | np.ndarray) -> Additive:
        """The same measure of some of the rows."""
        import numpy as np

        return Additive(self.rows[np.asarray(keep, dtype=bool)], self.finish)


@dataclass(frozen=True, slots=True)
class Difference:
    """How far the second of two models lies above the first on the same prompts."""

    value: float
    ci_low: float
    ci_high: float
    p: float
    """Two-sided: how often chance alone would show as large a difference."""
    n: int

    @property
    def significant(self) -> bool:
        """Whether ``p`` is below ``SIGNIFICANT``."""
        return self.p < SIGNIFICANT


def paired_difference(
    first: Additive, second: Additive, seed: int = 0, resamples: int = RESAMPLES
) -> Difference | None:
    """The second value minus the first, by paired bootstrap: both models get the same drawn prompts.

    The p-value is that of sacreBLEU's paired bootstrap: the share of resampled differences that lie at least as far
    from their own mean as the observed one lies from zero (Koehn 2004; Riezler & Maxwell 2005).

    Args:
        first, second: the same prompts in the same order.

    Returns:
        None where no prompt has both values.

    Raises:
        InvalidInput: the two have different numbers of rows.
    """
    import numpy as np

    if len(first.rows) != len(second.rows):
        raise InvalidInput(f"{len(first.rows)} answers cannot be paired with {len(second.rows)}.")
    both = (first.rows != 0).any(axis=1) & (second.rows != 0).any(axis=1)
    if not both.any():
        return None
    first, second = first.only(both), second.only(both)
    draws = _draws(int(both.sum()), seed, resamples)
    drawn = second.values_of(draws) - first.values_of(draws)
    observed = second.value - first.value
    low, high = np.nanpercentile(drawn, [LOW, HIGH])
    as_far = int((np.abs(drawn - np.nanmean(drawn)) >= abs(observed) - 1e-12).sum())
    p = 1.0 if observed == 0 else (as_far + 1) / (resamples + 1)
    return Difference(observed, float(low), float(high), p, int(both.sum()))


def mean_of(values: Sequence[float | None]) -> Additive:
    """The mean of those values that are there and finite."""
    import numpy as np

    there = [value is not None and math.isfinite(value) for value in values]
    rows = [(value, 1.0) if known else (0.0, 0.0) for value, known in zip(values, there, strict=True)]
    return Additive(np.array(rows, dtype=float).reshape(-1, 2), _ratio)


def perplexity_of(perplexities: Sequence[float | None], tokens: Sequence[float | None]) -> Additive:
    """Perplexity of all responses as one text, from that of each and its number of tokens."""
    import numpy as np

    rows = [
        (math.log(each) * count, count) if each and count else (0.0, 0.0)
        for each, count in zip(perplexities, tokens, strict=True)
    ]
    return Additive(np.array(rows, dtype=float).reshape(-1, 2), _exponential)


def corpus_of(statistics: Statistics) -> Additive:
    """BLEU or chrF of all rows as one corpus."""
    return Additive(statistics.rows.astype(float), statistics.of)


def _ratio(summed: np.ndarray) -> float:
    return float(summed[0] / summed[1]) if summed[1] else math.nan


def _exponential(summed: np.ndarray) -> float:
    return math.exp(min(_ratio(summed), MAX_LOSS)) if summed[1] else math.nan


def _draws(n: int, seed: int, resamples: int) -> np.ndarray:
    """How often each row is drawn in each resample, of shape (resamples, n)."""
    import numpy as np

    drawn = resampled_rows(n, seed, resamples)
    return np.stack([np.bincount(rows, minlength=n) for rows in drawn]).astype(float)

"""Whether stated probabilities are true: of what is given 80%, does 80% happen?"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.errors import InvalidInput


def expected_calibration_error(probabilities: Sequence[float], outcomes: Sequence[bool | int], bins: int = 10) -> float:
    """Mean gap between stated probability and observed share, over equally wide bins (0 is best, 1 worst).

    Each bin counts by the rows it holds. A probability on an edge belongs to the bin above it, 1.0 to the
    last. Source: Naeini et al. 2015; Guo et al. 2017.

    Args:
        probabilities: stated probability of the outcome, each from 0 to 1.
        outcomes: whether it happened, 0 or 1.
        bins: number of bins between 0 and 1.

    Raises:
        InvalidInput: no rows, lengths that differ, or a probability outside 0 to 1.
    """
    if not probabilities or len(probabilities) != len(outcomes):
        raise InvalidInput(f"{len(probabilities)} probabilities and {len(outcomes)} outcomes do not fit.")
    if not all(0 <= p <= 1 for p in probabilities):
        raise InvalidInput("A probability lies outside 0 to 1.")
    gaps = [0.0] * bins
    for probability, outcome in zip(probabilities, outcomes, strict=True):
        gaps[min(int(probability * bins), bins - 1)] += float(outcome) - probability
    # |share − mean probability| × rows in the bin is the absolute value of the summed differences.
    return sum(abs(gap) for gap in gaps) / len(probabilities)


def calibration_error_by_chance(
    probabilities: Sequence[float], bins: int = 10, draws: int = 500, seed: int = 0
) -> tuple[float, float]:
    """Mean and 95% quantile of the error that perfectly true probabilities would show on so few rows.

    Outcomes are drawn from the probabilities themselves. An error below the quantile says nothing against them.
    Source: the consistency resampling of Bröcker & Smith 2007, for the error in place of the diagram.
    """
    import numpy as np

    stated = np.asarray(probabilities, dtype=float)
    place = np.minimum((stated * bins).astype(int), bins - 1)
    happened = np.random.default_rng(seed).random((draws, stated.size)) < stated
    errors = np.zeros(draws)
    for number in np.unique(place):
        inside = place == number
        errors += np.abs((happened[:, inside] - stated[inside]).sum(axis=1))
    errors /= stated.size
    return float(errors.mean()), float(np.quantile(errors, 0.95))

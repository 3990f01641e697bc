"""Shares with their intervals, and guessing told from pairs that were shown twice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist, mean, stdev

from workbench.preferences.audit_rules import (
    CHANCE_REPEAT,
    CONSISTENT,
    MIN_SHARED,
    Z_STRICT,
    Measure,
    agreement_wanted,
)
from workbench.preferences.resampling import Interval, wilson

Z_95 = 1.959963984540054


def share(
    hits: Sequence[bool], others: Sequence[float] | None = None, differences: Sequence[float] | None = None
) -> Measure | None:
    """A share with Wilson's interval; with ``differences`` to the others, the strict interval is that of their mean."""
    if not hits:
        return None
    n, count = len(hits), sum(hits)
    if differences is None:
        return Measure(count / n, wilson(count, n, Z_95), n, None, wilson(count, n, Z_STRICT))
    strict = mean_interval(differences) if len(differences) >= MIN_SHARED else None
    return Measure(count / n, wilson(count, n, Z_95), n, mean(others) if others else None, strict)


def mean_interval(values: Sequence[float]) -> Interval:
    """Strict interval of a mean, by its standard error; one step of 1/n is added, lest no spread mean no doubt."""
    half = Z_STRICT * stdev(values) / math.sqrt(len(values)) + 1 / len(values)
    return mean(values) - half, mean(values) + half


def consistency(person: str, kept: Mapping[str, Sequence[bool]], agreement: Measure | None) -> Measure | None:
    """Share of pairs shown twice on purpose, sides swapped, on which the second vote was the first.

    Who guesses contradicts themselves and agrees with nobody. Careful people often differ from themselves too, where
    pairs are close, so that repeats alone say little: both are weighed together.
    """
    measure = share(kept[person])
    if measure is None:
        return None
    others = [same for other, all_of_them in kept.items() if other != person for same in all_of_them]
    known = others if len(others) >= MIN_SHARED else None
    chance = min(max(probability_of_so_few(sum(kept[person]), measure.n, known), 1e-9), 1 - 1e-9)
    score = NormalDist().inv_cdf(chance)
    if agreement is not None and agreement.strict is not None and agreement.n >= MIN_SHARED:
        low, high = agreement.strict
        shortfall = (agreement.value - agreement_wanted(agreement)) / max((high - low) / (2 * Z_STRICT), 1e-9)
        # Stouffer's sum of deviates, each by the root of the number of votes behind it.
        score = (math.sqrt(measure.n) * score + math.sqrt(agreement.n) * shortfall) / math.sqrt(measure.n + agreement.n)
    return replace(measure, others=mean(known) if known else None, score=score)


def probability_of_so_few(kept: int, repeats: int, others: Sequence[bool] | None) -> float:
    """How likely a careful annotator keeps so few answers of so many repeats, or fewer; the number itself counts half.

    The others' repeats tell how often the same answer is given (a beta-binomial prediction from them, as they are few
    themselves); where they are very consistent, or unknown, a fixed share stands for it.
    """
    from scipy.stats import betabinom, binom

    if others is not None and mean(others) <= CONSISTENT:
        usual = betabinom(repeats, 1 + sum(others), 1 + len(others) - sum(others))
    else:
        usual = binom(repeats, CHANCE_REPEAT if others is None else CONSISTENT)
    return float(usual.cdf(kept) - usual.pmf(kept) / 2)

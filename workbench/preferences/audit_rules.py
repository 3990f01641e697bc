"""When something about an annotator stands out.

Of each annotator six things are looked at, so each is held to a stricter level than one alone would be (Bonferroni),
and an effect must be large enough to matter: a careful annotator is seldom accused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.preferences.resampling import Interval

LEVEL = 0.004
"""How often one measure may stand out by chance; six times this bounds how often a careful annotator is accused."""
Z_STRICT = 2.878161739095484
"""The normal quantile of ``LEVEL``, two-sided."""
Z_ONE_SIDED = 2.652069807902105
"""The same, one-sided."""
MIN_SHARED = 20
"""Pairs shared with others below which nothing is found in a comparison with them."""
LEAST_SIDE = 0.07
LEAST_DIFFERENCE = 0.08
"""Effects that are smaller than these do too little harm to be spoken of."""
UNREAD_SHARE = 0.1
CHANCE_KAPPA = 0.15
LESS_THAN_OTHERS = 0.05
CONSISTENT = 0.75
CHANCE_REPEAT = 0.5
"""What is asked of somebody whom nobody can be compared with. Who guesses, with a tie now and then, gives the same
answer twice in about 40% of cases."""
MeasureName = Literal["left", "longer", "ties", "seconds", "unread", "agreement", "consistency"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number about an annotator.

    ``others`` is the same of the other annotators on the same pairs, where that is a fair comparison. ``strict`` is the
    interval at ``LEVEL`` that findings go by: of the difference to the others for 'longer' and 'ties', else of the
    value. ``score`` stands for it at 'consistency': a standard normal deviate, far below 0 where a careful annotator
    would hardly have voted so.
    """

    value: float
    interval: Interval | None
    n: int
    others: float | None = None
    strict: Interval | None = None
    score: float | None = None


def outstanding(name: MeasureName, measure: Measure) -> float | None:
    """By how much a measure stands out, signed; None where it does not, or where that is not beyond doubt."""
    if name == "consistency":
        usual = measure.others if measure.others is not None else CHANCE_REPEAT
        beyond = measure.score is not None and measure.score < -Z_ONE_SIDED
        return measure.value - usual if beyond and measure.value < usual else None
    if measure.strict is None:
        return None
    low, high = measure.strict
    match name:
        case "left":
            effect = measure.value - 0.5
            return effect if not low <= 0.5 <= high and abs(effect) >= LEAST_SIDE else None
        case "longer" | "ties":
            effect = (low + high) / 2
            return effect if not low <= 0 <= high and abs(effect) >= LEAST_DIFFERENCE else None
        case "unread":
            return measure.value if low >= UNREAD_SHARE else None
        case "agreement":
            wanted = agreement_wanted(measure)
            return measure.value - wanted if measure.n >= MIN_SHARED and high < wanted else None
    return None


def agreement_wanted(agreement: Measure) -> float:
    """The kappa that somebody should reach whose others agree among themselves as they do."""
    return max(CHANCE_KAPPA, (agreement.others or 0.0) - LESS_THAN_OTHERS)

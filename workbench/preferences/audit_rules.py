"""When something about an annotator stands out.

A finding is made on a 99% interval, and only where the effect is large enough to matter, so that a careful annotator is
seldom accused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.preferences.resampling import Interval

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
"""Somebody who guesses, with a tie now and then, gives the same answer twice in about 40% of cases."""
MeasureName = Literal["left", "longer", "ties", "seconds", "unread", "agreement", "consistency"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number about an annotator.

    ``others`` is the same of the other annotators on the same pairs, where that is a fair comparison. ``strict`` is the
    99% interval that findings go by: of the difference to the others for 'longer' and 'ties', else of the value.
    """

    value: float
    interval: Interval | None
    n: int
    others: float | None = None
    strict: Interval | None = None


def outstanding(name: MeasureName, measure: Measure) -> float | None:
    """By how much a measure stands out, signed; None where it does not, or where that is not beyond doubt."""
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
            wanted = max(CHANCE_KAPPA, (measure.others or 0.0) - LESS_THAN_OTHERS)
            return measure.value - wanted if measure.n >= MIN_SHARED and high < wanted else None
        case "consistency":
            wanted = min(CONSISTENT, measure.others if measure.others is not None else CHANCE_REPEAT)
            return measure.value - wanted if high < wanted else None
    return None

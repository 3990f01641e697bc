"""How far a difference in score is to be believed: temperature from validation pairs, reliability on held-out ones.

P(A preferred to B) = sigmoid(steepness · (score of A − score of B)). The steepness that training leaves is the scale of
the raw scores; the fitted one divides it by a temperature (Guo et al. 2017), so no choice changes, only its confidence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import BaseModel

from workbench.evaluation.bootstrap import proportion_interval
from workbench.evaluation.calibration import calibration_error_by_chance, expected_calibration_error

FEWEST_PAIRS = 20
"""With fewer validation pairs than this a temperature would be fitted to chance."""
COOLEST, HOTTEST, STEPS = 0.1, 20.0, 400


class ReliabilityBin(BaseModel):
    """Held-out pairs of like confidence: how sure the model was, and how often it was right."""

    confidence: float
    right: float
    right_ci: tuple[float, float]
    pairs: int


class Calibration(BaseModel):
    """Confidence before and after scaling, on held-out pairs."""

    temperature: float
    fitted_on: int
    """Validation pairs; 0 where there were too few, and then the temperature is 1."""
    error_unscaled: float
    error: float
    error_by_chance: tuple[float, float]
    """Mean and 95% quantile of what perfectly true probabilities would show on so many pairs."""
    unscaled: list[ReliabilityBin]
    scaled: list[ReliabilityBin]


def fit_temperature(margins: Sequence[float], steepness: float) -> tuple[float, int]:
    """The temperature of least Brier score on these differences (chosen − rejected), and on how many pairs.

    Not of least log-loss: a few votes that fell by mistake on the wrong side of a clear pair have no bound there, and
    would make the confidence in all other pairs too low.
    """
    if len(margins) < FEWEST_PAIRS:
        return 1.0, 0
    steps = [math.log(COOLEST) + (math.log(HOTTEST) - math.log(COOLEST)) * i / STEPS for i in range(STEPS + 1)]
    return math.exp(min(steps, key=lambda step: _brier(margins, steepness / math.exp(step)))), len(margins)


def _brier(margins: Sequence[float], steepness: float) -> float:
    """Sum of (1 − P(chosen preferred))² over pairs."""
    logits = (min(max(steepness * margin, -700.0), 700.0) for margin in margins)
    return sum((1 / (1 + math.exp(logit))) ** 2 for logit in logits)


def calibrate(margins: Sequence[float], steepness: float, temperature: float, fitted_on: int) -> Calibration:
    """Confidence on held-out score differences (chosen − rejected), before and after scaling."""
    before = [_confidence(steepness * margin) for margin in margins]
    after = [_confidence(steepness / temperature * margin) for margin in margins]
    right = [margin > 0 for margin in margins]
    return Calibration(
        temperature=temperature,
        fitted_on=fitted_on,
        error_unscaled=expected_calibration_error(before, right),
        error=expected_calibration_error(after, right),
        error_by_chance=calibration_error_by_chance(after),
        unscaled=reliability(before, right),
        scaled=reliability(after, right),
    )


def reliability(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> list[ReliabilityBin]:
    """One point for each of the equally wide bins that holds a pair, as the calibration error has them."""
    grouped: dict[int, list[tuple[float, bool]]] = {}
    for confidence, was_right in zip(confidences, right, strict=True):
        grouped.setdefault(min(int(confidence * bins), bins - 1), []).append((confidence, was_right))
    points = []
    for _, rows in sorted(grouped.items()):
        hits = sum(was_right for _, was_right in rows)
        points.append(
            ReliabilityBin(
                confidence=sum(confidence for confidence, _ in rows) / len(rows),
                right=hits / len(rows),
                right_ci=proportion_interval(hits, len(rows)),
                pairs=len(rows),
            )
        )
    return points


def _confidence(logit: float) -> float:
    """Of the side that is favoured: from one half to one."""
    return 1 / (1 + math.exp(-min(abs(logit), 700.0)))

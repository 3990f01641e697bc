"""How often a reward model chooses as the people did, and how far its confidence can be believed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.evaluation.bootstrap import proportion_interval
from workbench.evaluation.calibration import expected_calibration_error
from workbench.runs.frozen_data import FrozenPair

if TYPE_CHECKING:
    from workbench.reward_model.scoring import RewardModel


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of a reward model with the votes on held-out pairs."""

    pairs: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    calibration_error: float
    mean_margin: float

    def summary(self) -> dict[str, Any]:
        """The figures of report.json."""
        return {
            "accuracy": self.accuracy,
            "accuracy_ci": list(self.accuracy_interval),
            "held_out_pairs": self.pairs,
            "ece": self.calibration_error,
            "margin": self.mean_margin,
        }


def measure_agreement(reward_model: RewardModel, pairs: Sequence[FrozenPair]) -> Agreement:
    """Score both responses of each pair. Equal scores count half."""
    prompts = [pair.prompt for pair in pairs]
    chosen = reward_model.score(prompts, [pair.chosen for pair in pairs])
    rejected = reward_model.score(prompts, [pair.rejected for pair in pairs])
    # The head was trained on unscaled scores (Bradley–Terry: P(chosen) = sigmoid(difference)).
    raw = [(a - b) * reward_model.head.scale for a, b in zip(chosen, rejected, strict=True)]
    return agreement_of_margins(raw)


def agreement_of_margins(margins: Sequence[float]) -> Agreement:
    """Figures of ``raw score of chosen - raw score of rejected``, one for each pair."""
    right = sum(1.0 if margin > 0 else 0.5 if margin == 0 else 0.0 for margin in margins)
    # Each pair seen from the side the model favours: how sure it was, and whether it was right.
    confidence = [1 / (1 + math.exp(-min(abs(margin), 700.0))) for margin in margins]
    return Agreement(
        pairs=len(margins),
        accuracy=right / len(margins),
        accuracy_interval=proportion_interval(right, len(margins)),
        calibration_error=expected_calibration_error(confidence, [margin > 0 for margin in margins]),
        mean_margin=sum(margins) / len(margins),
    )

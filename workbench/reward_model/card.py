"""The go / no-go card: everything that was measured of one reward model, as its run publishes it and pages read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from workbench.reward_model.baselines import Baseline
from workbench.reward_model.bias import Effect
from workbench.reward_model.calibration import Calibration
from workbench.reward_model.ceiling import Ceiling
from workbench.reward_model.evaluation import Slice
from workbench.reward_model.model_file import CARD_FILE
from workbench.reward_model.verdict import Verdict


class CurvePart(BaseModel):
    """A refit on a part of the pairs, measured on the same held-out pairs."""

    pairs: int
    accuracy: float
    held_out_pairs: int


class Disagreement(BaseModel):
    """Mean standard deviation of the members' scores: on held-out responses, and on texts unlike any of these."""

    members: int
    inside: float
    inside_ci: tuple[float, float]
    outside: float
    outside_ci: tuple[float, float]


class VoteFacts(BaseModel):
    """What the verdict needs to know of the votes."""

    train_pairs: int
    validation_pairs: int
    held_out_pairs: int
    voted_pairs: int
    ties: int
    """Pairs without a majority."""
    annotators: int
    simulated: bool


class Card(BaseModel):
    """All parts of the card; a part that could not be measured is empty or None."""

    model_config = ConfigDict(extra="ignore")

    votes: VoteFacts
    accuracy: float
    accuracy_ci: tuple[float, float]
    ceiling: Ceiling
    baselines: list[Baseline]
    calibration: Calibration
    margins: list[float]
    """Score of chosen − score of rejected on each held-out pair, in scores."""
    train_accuracy: float | None = None
    slices: list[Slice]
    spread: float
    """Standard deviation of the scores of held-out responses."""
    effects: list[Effect]
    score_per_nat: float = 0.0
    """How much of a score is the trunk's own likelihood: what each nat of the least likely token counts."""
    disagreement: Disagreement | None = None
    learning_curve: list[CurvePart] = []
    notes: list[str] = []
    """What is unusual about the votes, and what that means for the result."""
    verdict: Verdict

    def save(self, folder: Path) -> None:
        """Write it beside the model."""
        (folder / CARD_FILE).write_text(self.model_dump_json(indent=1), encoding="utf-8")


def read_card(run_folder: Path) -> Card | None:
    """The card of a finished run; None where it has none, as older runs, or where it cannot be read."""
    path = run_folder / "final" / CARD_FILE
    try:
        return Card.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError):
        return None


def headline(card: Card) -> dict[str, Any]:
    """What the run's summary takes from the card."""
    return {
        "accuracy": card.accuracy,
        "accuracy_ci": list(card.accuracy_ci),
        "held_out_pairs": card.votes.held_out_pairs,
        "train_pairs": card.votes.train_pairs,
        "ece": card.calibration.error,
        "ece_unscaled": card.calibration.error_unscaled,
        "temperature": card.calibration.temperature,
        "margin": sum(card.margins) / len(card.margins),
        "ceiling": card.ceiling.accuracy,
        "baselines": {row.name: row.accuracy for row in card.baselines},
        "verdict": card.verdict.model_dump(mode="json"),
        **({"learning_curve": [row.model_dump() for row in card.learning_curve]} if card.learning_curve else {}),
    }

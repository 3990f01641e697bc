"""What was measured of a member's raw scores after the training, and the one file that holds it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.errors import ModelError

FILE = "score_scale.json"


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """``score = (raw - centre) / scale``. As it is made it changes nothing, which is how training leaves a member."""

    centre: float = 0.0
    scale: float = 1.0
    likelihood_weight: float | None = None
    """How much of raw is the trunk's likelihood (`scoring.ScoreHead`); None where there is no trunk to ask."""

    def save(self, folder: Path) -> None:
        """Write it beside the member's weights."""
        known = {name: value for name, value in asdict(self).items() if value is not None}
        (folder / FILE).write_text(json.dumps(known))

    @classmethod
    def load(cls, folder: Path) -> ScoreScale:
        """Read it.

        Raises:
            ModelError: the folder holds none, or one that is not whole.
        """
        try:
            kept = json.loads((folder / FILE).read_text())
            weight = kept.get("likelihood_weight")  # older models have none
            return cls(float(kept["centre"]), float(kept["scale"]), None if weight is None else float(weight))
        except (OSError, KeyError, ValueError) as error:
            raise ModelError(f"The folder {folder} holds no reward model; was its run deleted?") from error

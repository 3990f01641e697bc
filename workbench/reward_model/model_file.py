"""What a published reward model says of itself: ``reward_model.json`` in its folder. Loads nothing heavy.

runs/RUN_ID/final/
├── reward_model.json      this
├── card.json              how good it is (workbench/reward_model/card.py)
├── adapter/ or classifier/   the first member, with its head and score_scale.json beside it
└── members/2/ …           further members, each like the first
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from workbench.errors import ModelError
from workbench.models.spec import ModelSpec
from workbench.reward_model.config import Backend

FILE = "reward_model.json"
CARD_FILE = "card.json"


class ModelFile(BaseModel):
    """Kind, members, and how far a difference in score is to be believed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    backend: Backend = "trunk"
    members: tuple[str, ...] = (".",)
    """Folders of the members, relative to the model's."""
    steepness: float | None = None
    """P(A preferred to B) = sigmoid(steepness · (score of A − score of B)); None where it was never fitted."""

    def save(self, folder: Path) -> None:
        """Write it into the model's folder."""
        (folder / FILE).write_text(self.model_dump_json(), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> ModelFile:
        """Read it; one member on the trunk where there is none, as older runs wrote.

        Raises:
            ModelError: there is one and it cannot be read.
        """
        if not (folder / FILE).exists():
            return cls()
        try:
            return cls.model_validate(json.loads((folder / FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, ValidationError) as error:
            raise ModelError(f"{folder / FILE} cannot be read: {error}") from error


def model_folder(spec: ModelSpec, workspace: Path) -> Path:
    """The folder of a registered reward model: the parent of what its spec names last. Never outside the workspace.

    Raises:
        ModelError: there is no such folder.
    """
    folder = (workspace / spec.adapters[-1]).resolve().parent if spec.adapters else workspace.resolve()
    if not folder.is_relative_to(workspace.resolve()) or not spec.adapters:
        raise ModelError("The reward model's path leads out of the workspace.")
    if not folder.is_dir():
        raise ModelError(f"The folder {folder} holds no reward model; was its run deleted?")
    return folder


def trunk_of(spec: ModelSpec) -> ModelSpec:
    """The model that a reward model was built on."""
    return spec.model_copy(update={"adapters": spec.adapters[:-1]})

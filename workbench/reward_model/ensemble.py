"""Reward models at work: one or several members, each centred and scaled, their mean as the score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from workbench.models.spec import ModelSpec
from workbench.reward_model.config import Backend
from workbench.reward_model.model_file import ModelFile, model_folder, trunk_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Member(Protocol):
    """Anything that scores responses, on a scale that can be set once its scores are known."""

    model: Any
    """The torch module that computes; members on one trunk share it."""

    def score(self, prompts: Sequence[str], responses: Sequence[str]) -> list[float]:
        """One centred and scaled score for each response to its prompt."""

    def reset_scale(self) -> None:
        """Score as training left it, whatever was measured since."""

    def rescale(self, centre: float, scale: float) -> None:
        """Give (raw - centre) / scale from now on."""

    def save_scale(self, folder: Path) -> None:
        """Write centre and scale beside the member's weights."""


class RewardEnsemble:
    """One score from all members, and how far they disagree."""

    def __init__(self, members: Sequence[Member], steepness: float | None = None) -> None:
        """``steepness``: what a difference of one in the score means, as `ModelFile` says."""
        self.members = list(members)
        self.steepness = steepness

    def preference(self, score: float, other: float) -> float | None:
        """How likely people are to prefer the first response to the other; None where that was never fitted."""
        if self.steepness is None:
            return None
        return float(1 / (1 + np.exp(-self.steepness * (score - other))))

    def member_scores(self, prompts: Sequence[str], responses: Sequence[str]) -> Array:
        """Scores by member and response: float [members, responses]."""
        return np.array([member.score(prompts, responses) for member in self.members], dtype=float).reshape(
            len(self.members), len(responses)
        )

    def score(self, prompts: Sequence[str], responses: Sequence[str]) -> list[float]:
        """The members' mean for each response; higher is better."""
        return [float(value) for value in self.member_scores(prompts, responses).mean(axis=0)]


def load_reward_model(spec: ModelSpec, workspace: Path, device: Any = None) -> RewardEnsemble:
    """A registered reward model, whatever it is built on; moved to ``device`` where one is named.

    Raises:
        ModelError: it or its trunk cannot be loaded.
    """
    folder = model_folder(spec, workspace)
    file = ModelFile.load(folder)
    members = load_members(spec, workspace, [folder / name for name in file.members], file.backend)
    for member in members if device is not None else ():
        member.model.to(device)
    return RewardEnsemble(members, file.steepness)


def load_members(spec: ModelSpec, workspace: Path, folders: Sequence[Path], backend: Backend) -> list[Member]:
    """The members in these folders; those on a trunk share one copy of it.

    Args:
        spec: of the reward model, whose last adapter is its own.
    """
    if backend != "trunk":
        from workbench.reward_model.classifier import ClassifierModel

        return [ClassifierModel.load(folder) for folder in folders]
    from workbench.models.loading import load_merged, load_tokenizer
    from workbench.reward_model.scoring import RewardModel

    trunk = trunk_of(spec)
    first = RewardModel(load_merged(trunk, workspace), load_tokenizer(trunk), folders[0])
    return [first, *(first.beside(folder, number) for number, folder in enumerate(folders[1:], start=2))]

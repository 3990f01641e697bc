"""Starting reward-model runs on the votes, and best-of-n runs with the models that come of them."""

from __future__ import annotations

from pathlib import Path

from workbench.demonstrations.snapshots import freeze_demonstrations, freeze_pairs
from workbench.errors import NotReady
from workbench.launch.checks import require_language_model, require_reward_model
from workbench.launch.queueing import launch_run
from workbench.preferences.frozen_votes import freeze_votes
from workbench.reward_model.best_of_n import BestOfNConfig
from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.vote_notes import cannot_train
from workbench.workspace import Workspace


def launch_reward_model(ws: Workspace, config: RewardModelConfig, created_by: str) -> str:
    """Queue a reward-model run on the pairs that the votes decide; returns its id.

    Raises:
        NotReady: too few decided pairs to learn from or to measure on.
        NotFound, InvalidInput: the trunk's model does not exist, or is not a language model.
    """
    model = require_language_model(ws, config.model_id)

    def freeze(data: Path) -> None:
        freeze_pairs(ws, data, votes=config.votes)
        problem = cannot_train(freeze_votes(ws, data, votes=config.votes))
        if problem is not None:
            raise NotReady(problem)
        if ws.demonstrations.count(status="approved"):
            freeze_demonstrations(ws, data)  # for centring the scores, and for the bias probes

    return launch_run(ws, "reward_model", config, created_by, [model], freeze)


def launch_best_of_n(ws: Workspace, config: BestOfNConfig, created_by: str) -> str:
    """Queue a best-of-n run; its curve also goes into the summary of the reward model's run. Returns its id.

    Raises:
        NotReady: no approved demonstration is in the test split.
        NotFound, InvalidInput: no such reward model.
    """
    model = require_reward_model(ws, config.reward_model_id)
    if not ws.demonstrations.count(status="approved", split="test"):
        raise NotReady("No approved demonstration is in the test split, so there is nothing to answer.")
    return launch_run(ws, "best_of_n", config, created_by, [model], lambda data: freeze_demonstrations(ws, data))

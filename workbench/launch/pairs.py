"""Starting the runs that sample pairs to vote on."""

from __future__ import annotations

from pathlib import Path

from workbench.demonstrations.snapshots import freeze_demonstrations
from workbench.errors import InvalidInput, NotReady
from workbench.launch.checks import require_language_model, require_reward_model
from workbench.launch.queueing import launch_run
from workbench.preferences.config import PairsConfig
from workbench.preferences.voting_settings import voting_settings
from workbench.preferences.waiting_pairs import freeze_open_pairs
from workbench.workspace import Workspace


def launch_pairs(ws: Workspace, config: PairsConfig, created_by: str) -> str:
    """Queue a run that samples pairs, and scores those that wait where it is told with which model; returns its id.

    Raises:
        NotReady: no approved demonstration is in the chosen splits.
        NotFound, InvalidInput: a model does not exist, or is not a language model.
    """
    ids = dict.fromkeys((config.model_id, config.other_model_id or config.model_id))
    models = [require_language_model(ws, model_id) for model_id in ids]
    if config.score_with is not None:
        models.append(require_reward_model(ws, config.score_with))
    elif not config.new_pairs:
        raise InvalidInput("Nothing is asked for: neither new pairs nor scores of those that wait.")
    if config.new_pairs and not any(ws.demonstrations.count(status="approved", split=s) for s in config.splits):
        raise NotReady(f"No approved demonstration is in the splits {', '.join(config.splits)}.")

    def freeze(data: Path) -> None:
        if config.new_pairs:
            freeze_demonstrations(ws, data)
        if config.score_with is not None:
            freeze_open_pairs(ws, data, voting_settings(ws).people_per_pair)

    return launch_run(ws, "pairs", config, created_by, models, freeze)

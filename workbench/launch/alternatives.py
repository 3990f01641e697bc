"""Starting DPO and RLOO runs on the votes, prompts and reward model that PPO uses."""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.alternatives.config import DPORunConfig, RLOORunConfig
from workbench.demonstrations.snapshots import PAIRS_FILE
from workbench.errors import InvalidInput, NotReady
from workbench.launch.checks import check_known_tags, refuse_unfit, require_language_model, require_reward_model
from workbench.launch.prompts import freeze_prompts
from workbench.launch.queueing import launch_run
from workbench.models.registry import RegisteredModel
from workbench.runs.run_dir import RunDir
from workbench.workspace import Workspace


def launch_dpo(ws: Workspace, config: DPORunConfig, created_by: str) -> str:
    """Queue a DPO run on the very pairs that the reward model was trained on; returns its id.

    Raises:
        NotReady: the reward model's run has no pairs any more, or nothing is approved.
        NotFound, InvalidInput: a model does not exist, or is not what it is to be used as.
    """
    reward_model, start = _models(ws, config)
    pairs = RunDir(ws.root / "runs" / (reward_model.run_id or reward_model.id)).data / PAIRS_FILE
    if not pairs.is_file():
        raise NotReady(f"The pairs that {reward_model.id} was trained on are gone: train a reward model anew.")

    def freeze(data: Path) -> None:
        freeze_prompts(ws, config, data)
        shutil.copyfile(pairs, data / PAIRS_FILE)

    models = [start, reward_model]
    return launch_run(ws, "dpo", config, created_by, models, freeze, extra={"sft_model_id": start.id})


def launch_rloo(ws: Workspace, config: RLOORunConfig, created_by: str) -> str:
    """Queue an RLOO run; returns its id.

    Raises:
        NotReady: no approved demonstration is in the training split, or the reward model is judged unfit and that is
            not accepted with ``despite_verdict``.
        NotFound, InvalidInput: a model does not exist, or is not what it is to be used as.
    """
    reward_model, start = _models(ws, config)
    refuse_unfit(ws, [reward_model], config.despite_verdict)
    if not ws.demonstrations.count(status="approved", split="train"):
        raise NotReady("There is no approved demonstration whose prompt RLOO could answer.")

    def freeze(data: Path) -> None:
        freeze_prompts(ws, config, data)

    models = [start, reward_model]
    return launch_run(ws, "rloo", config, created_by, models, freeze, extra={"sft_model_id": start.id})


def _models(ws: Workspace, config: DPORunConfig | RLOORunConfig) -> tuple[RegisteredModel, RegisteredModel]:
    """(reward model, the model to tune)"""
    reward_model = require_reward_model(ws, config.reward_model_id)
    start_id = config.model_id or reward_model.parent_id
    if start_id is None:
        raise InvalidInput(f"Say with model_id which model to tune: '{reward_model.id}' does not tell.")
    start = require_language_model(ws, start_id)
    check_known_tags(ws, config.tags)
    return reward_model, start

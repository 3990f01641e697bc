"""Starting PPO runs, from a model or from a checkpoint of an earlier run."""

from __future__ import annotations

import shutil
from pathlib import Path

from storage.runs import Run
from workbench.errors import InvalidInput, NotFound, NotReady
from workbench.launch.checks import check_known_tags, refuse_unfit, require_language_model, require_reward_model
from workbench.launch.prompts import freeze_prompts
from workbench.launch.queueing import launch_run
from workbench.models.registry import RegisteredModel
from workbench.ppo.config import PPORunConfig
from workbench.runs.run_dir import RunDir
from workbench.workspace import Workspace


def launch_ppo(ws: Workspace, config: PPORunConfig, created_by: str) -> str:
    """Queue a PPO run, from the model that its first reward model was built on unless told otherwise; returns its id.

    Raises:
        NotReady: no approved demonstration is in the training split, or the reward model is judged unfit and that
            is not accepted with ``despite_verdict``.
        NotFound, InvalidInput: a model does not exist, or is not what it is to be used as; the checkpoint to branch
            from, the snapshot or a tag does not exist.
    """
    reward_models = [_scorer(ws, name) for name in dict.fromkeys((config.reward_model_id, *config.more_reward_models))]
    start_id = config.model_id or (reward_models[0].parent_id if reward_models[0] else None)
    if start_id is None:
        raise InvalidInput(f"Say with model_id which model to optimise: '{config.reward_model_id}' does not tell.")
    start = require_language_model(ws, start_id)
    registered = [model for model in reward_models if model is not None]
    refuse_unfit(ws, registered, config.despite_verdict)
    check_known_tags(ws, config.tags)
    checkpoint = _checkpoint(ws, config.branch_from) if config.branch_from else None
    if not ws.demonstrations.count(status="approved", split="train"):
        raise NotReady("There is no approved demonstration whose prompt PPO could answer.")

    def freeze(data: Path) -> None:
        freeze_prompts(ws, config, data)
        if checkpoint is not None:  # copied, so that the run stays a function of its own folder
            shutil.copytree(checkpoint, data.parent / "branch")

    models = [start, *registered]
    return launch_run(ws, "ppo", config, created_by, models, freeze, extra={"sft_model_id": start.id})


def checkpoint_steps(ws: Workspace, run: Run) -> list[int]:
    """After which updates a run has complete checkpoints, in order."""
    return sorted(RunDir(ws.root / run.directory).complete_checkpoints())


def _checkpoint(ws: Workspace, name: str) -> Path:
    """Folder of a complete checkpoint, by RUN (the newest one) or RUN:STEP."""
    run_id, _, step = name.partition(":")
    run = ws.runs.get(run_id)
    if run.kind != "ppo":
        raise InvalidInput(f"'{run_id}' is no PPO run, so PPO cannot go on from its checkpoints.")
    found = RunDir(ws.root / run.directory).complete_checkpoints()
    if not found:
        raise NotFound(f"Run {run_id} has no checkpoint.")
    if not step:
        return found[max(found)]
    if not step.isdecimal() or int(step) not in found:
        steps = ", ".join(str(number) for number in sorted(found))
        raise NotFound(f"Run {run_id} has no checkpoint of step '{step}'; it has: {steps}.")
    return found[int(step)]


def _scorer(ws: Workspace, name: str) -> RegisteredModel | None:
    """A reward model of this workspace; None for a sequence classifier from outside, which the run loads by name."""
    outside = "/" in name or "\\" in name or Path(name).is_dir()
    return None if outside else require_reward_model(ws, name)

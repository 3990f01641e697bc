"""Starting a verdict run: which candidates there are, frozen with the data and checkpoints that they need."""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.demonstrations.snapshots import DEMONSTRATIONS_FILE
from workbench.errors import InvalidInput, NotFound, NotReady
from workbench.launch.ppo import checkpoint_steps
from workbench.launch.queueing import launch_run
from workbench.models.registry import RegisteredModel, get_model
from workbench.runs.run_dir import RunDir
from workbench.verdict.checkpoints import JUDGED
from workbench.verdict.config import VerdictConfig
from workbench.workspace import Workspace

TUNING = ("ppo", "dpo", "rloo")


def launch_verdict(ws: Workspace, config: VerdictConfig, created_by: str) -> str:
    """Queue a verdict on a tuning run's result and checkpoints; returns its id.

    Raises:
        NotReady: the run has neither a result nor a checkpoint.
        NotFound, InvalidInput: there is no such run, checkpoint or model.
    """
    run = ws.runs.get(config.run_id)
    if run.kind not in TUNING:
        raise InvalidInput(f"'{run.id}' is no PPO, DPO or RLOO run, so there is nothing to judge.")
    run_dir = RunDir(ws.root / run.directory)
    known = run_dir.complete_checkpoints() if run.kind == "ppo" else {}
    missing = [step for step in config.checkpoints if step not in known]
    if missing:
        raise NotFound(f"Run {run.id} has no checkpoint of step {missing[0]}; it has: {sorted(known) or 'none'}.")
    has_result = ws.models.find(run.id) is not None
    if not has_result and not config.checkpoints:
        raise NotReady(f"{run.id} has no result yet; choose a checkpoint, or wait until it has finished.")
    models, extra = _models(ws, run_dir, run.id if has_result else None, config.others)
    extra["ppo_config"] = run.config.get("ppo", {})

    def freeze(data: Path) -> None:
        shutil.copyfile(run_dir.data / DEMONSTRATIONS_FILE, data / DEMONSTRATIONS_FILE)
        for step in config.checkpoints:  # copied, so that the run stays a function of its own folder
            shutil.copytree(known[step], data.parent / JUDGED / str(step))

    return launch_run(ws, "verdict", config, created_by, models, freeze, extra=extra)


def judged_steps(ws: Workspace, run_id: str, most: int = 3) -> tuple[int, ...]:
    """Checkpoints worth judging beside the result: the best one and the newest, at most so many."""
    run = ws.runs.get(run_id)
    steps = checkpoint_steps(ws, run) if run.kind == "ppo" else []
    last = run.summary.get("updates")
    best = run.summary.get("best_step")
    ordered = [step for step in dict.fromkeys([best, *reversed(steps)]) if step in steps and step != last]
    return tuple(sorted(ordered[:most]))


def _models(
    ws: Workspace, run_dir: RunDir, result: str | None, others: tuple[str, ...]
) -> tuple[list[RegisteredModel], dict[str, object]]:
    """Every model that takes part, and which is which."""
    stored = run_dir.config
    sft = get_model(ws, str(stored["sft_model_id"]))
    reward_model_id = str(stored["config"]["reward_model_id"])
    models = [sft, *(get_model(ws, name) for name in ([result] if result else []) + list(others))]
    if ws.models.find(reward_model_id) is not None:
        models.append(get_model(ws, reward_model_id))
    base_id = None
    if sft.parent_id is not None and ws.models.find(sft.parent_id) is not None:
        base_id = sft.parent_id
        models.append(get_model(ws, base_id))
    unfit = next(
        (model.id for model in models[1 : 1 + bool(result) + len(others)] if model.kind == "reward_model"), None
    )
    if unfit is not None:
        raise InvalidInput(f"'{unfit}' is a reward model: it scores responses and writes none.")
    return models, {"sft_model_id": sft.id, "base_model_id": base_id, "reward_model_id": reward_model_id}

"""Checkpoints of a PPO run as models of their own, so that they can answer, be voted on and be promoted."""

from __future__ import annotations

from pathlib import Path

from workbench.models.loading import load_merged, load_tokenizer
from workbench.models.spec import ModelSpec
from workbench.ppo.config import PPOConfig
from workbench.runs.context import RunContext

JUDGED = "judged"
"""Folder in the run directory with the checkpoints that were copied there at launch, by update."""


def checkpoint_model_id(run_id: str, step: int) -> str:
    """What the model of a checkpoint is called."""
    return f"{run_id}-update-{step}"


def publish_checkpoints(context: RunContext) -> dict[int, ModelSpec]:
    """Write what the run would have given out after each copied checkpoint to ``final/update-STEP``; what each model
    is made of, by update.

    Raises:
        InvalidInput: a checkpoint is of another shape than the run's settings say.
    """
    from workbench.ppo.policy import POLICY_ADAPTER, SharedTrunk, new_actor_critic
    from workbench.ppo.state import load_policy

    stored = context.dir.config
    run_id, settings = str(stored["run_id"]), PPOConfig.model_validate(stored["ppo_config"])
    sft = ModelSpec.model_validate(stored["models"][stored["sft_model_id"]])
    policy = new_actor_critic(load_merged(sft, context.dir.workspace), settings)
    folders = sorted((context.dir.path / JUDGED).iterdir(), key=lambda folder: int(folder.name))
    specs: dict[int, ModelSpec] = {}

    def write(final: Path) -> None:
        for folder in folders:
            step, target = int(folder.name), final / f"update-{folder.name}"
            target.mkdir()
            load_policy(policy, folder)
            policy.move_back(stored["ppo_config"].get("publish_share", 1.0))  # runs before this setting gave out all
            place = f"runs/{run_id}/final/{target.name}"
            if isinstance(policy, SharedTrunk):
                policy.model.save_pretrained(str(target), selected_adapters=[POLICY_ADAPTER])
                specs[step] = sft.with_adapter(f"{place}/{POLICY_ADAPTER}")
            else:
                policy.model.save_pretrained(str(target))
                load_tokenizer(sft).save_pretrained(target)
                specs[step] = ModelSpec(base=str(context.dir.final / target.name))

    context.dir.publish_final(write)
    return specs

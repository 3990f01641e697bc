"""Proximal policy optimisation of a language model against reward models.

Usable without the rest of the workbench::

    from workbench.ppo import PPOConfig, PPOTrainer, new_actor_critic, text_scorer

    config = PPOConfig(total_episodes=512, batch_size=32)
    policy = new_actor_critic(AutoModelForCausalLM.from_pretrained("my-sft-model"), config)
    trainer = PPOTrainer(config, policy, tokenizer, text_scorer(score), prompts)
    for report in trainer.updates():
        print(report.update, report.metrics["objective/scores"])

Importing this loads no torch; using a name does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.ppo.config import PPOConfig
    from workbench.ppo.policy import FullModel, SharedTrunk, new_actor_critic
    from workbench.ppo.scorers import ClassifierScorer, text_scorer, trunk_scorer
    from workbench.ppo.train import PPOTrainer
    from workbench.ppo.types import Prompt, Responses, RewardFunction, UpdateReport

__all__ = [
    "ClassifierScorer",
    "FullModel",
    "PPOConfig",
    "PPOTrainer",
    "Prompt",
    "Responses",
    "RewardFunction",
    "SharedTrunk",
    "UpdateReport",
    "new_actor_critic",
    "text_scorer",
    "trunk_scorer",
]

_HOMES = {
    "PPOConfig": "config",
    "FullModel": "policy",
    "SharedTrunk": "policy",
    "new_actor_critic": "policy",
    "ClassifierScorer": "scorers",
    "text_scorer": "scorers",
    "trunk_scorer": "scorers",
    "PPOTrainer": "train",
    "Prompt": "types",
    "Responses": "types",
    "RewardFunction": "types",
    "UpdateReport": "types",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

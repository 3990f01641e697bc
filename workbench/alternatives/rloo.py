"""One RLOO run: TRL's RLOOTrainer on the prompts and the reward model that PPO uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from datasets import Dataset
from trl import RLOOConfig, RLOOTrainer

from workbench.alternatives.config import RLOORunConfig
from workbench.alternatives.parts import Parts, load_parts, train_and_compare
from workbench.errors import NotReady
from workbench.models.chat import encode_prompt
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Stopped
from workbench.runs.trainer_arguments import trainer_arguments
from workbench.runs.trainer_callback import RunCallback

METRIC_NAMES = {
    "loss": "loss/policy",
    "grad_norm": "policy/grad_norm",
    "learning_rate": "learning_rate",
    "rewards/reward_model/mean": "objective/scores",
    "entropy": "objective/entropy",
    "completions/mean_length": "response/length",
    "clip_ratio/region_mean": "policy/clipfrac",
}


class EncodedRLOOTrainer(RLOOTrainer):
    """Encodes prompts the way that all steps share."""

    def _tokenize_prompts(self, prompts: list[str]) -> tuple[list[list[int]], None, dict[str, Any]]:
        tokenizer: Any = self.processing_class
        return [encode_prompt(tokenizer, prompt) for prompt in prompts], None, {}


def run(context: RunContext) -> Finished | Stopped:
    """Optimise against the reward model, measure as PPO does, compare before and after.

    Raises:
        NotReady: no demonstration of the training split has a prompt.
    """
    config = RLOORunConfig.model_validate(context.dir.config["config"])
    parts = load_parts(context, config)
    prompts = list(dict.fromkeys(row.prompt for row in parts.rows if row.split == "train"))
    if not prompts:
        raise NotReady("No approved demonstration is in the training split, so there is no prompt to answer.")
    steps = max(1, -(-config.total_episodes // config.batch_size))
    trainer = EncodedRLOOTrainer(
        model=parts.sft,
        reward_funcs=_reward_function(config, parts),
        args=_arguments(context, config, steps),
        train_dataset=Dataset.from_dict({"prompt": prompts}),
        processing_class=parts.tokenizer,
        peft_config=parts.lora,
        callbacks=[RunCallback(context, "optimising", METRIC_NAMES), parts.callback],
    )
    return train_and_compare(context, config, parts, trainer, "rloo", lambda: steps * config.batch_size)


def _arguments(context: RunContext, config: RLOORunConfig, steps: int) -> RLOOConfig:
    shared = trainer_arguments(
        context.dir.checkpoints,
        rows=steps * config.batch_size,
        has_validation=False,
        epochs=1.0,
        warmup_ratio=0.05,
        **config.model_dump(include={"batch_size", "learning_rate", "seed"}),
    )
    return RLOOConfig(
        **(shared | {"max_steps": steps, "logging_steps": 1, "lr_scheduler_type": "linear"}),
        num_generations=config.num_generations,
        max_completion_length=config.max_new_tokens,
        temperature=config.temperature,
        beta=config.kl_coef,
    )


def _reward_function(config: RLOORunConfig, parts: Parts) -> Any:
    end = int(parts.tokenizer.eos_token_id)

    def reward_model(
        prompts: Sequence[str], completions: Sequence[str], completion_ids: Sequence[Sequence[int]], **_: Any
    ) -> list[float]:
        """Scores less the penalty for a missing end, as PPO takes it. Its name is that of TRL's metric."""
        texts = [text.strip() for text in completions]
        scores = torch.as_tensor(parts.score(prompts, texts))
        ended = torch.tensor([bool(ids) and ids[-1] == end for ids in completion_ids])
        found: list[float] = (scores - config.missing_eos_penalty * (~ended).float()).tolist()
        return found

    return reward_model

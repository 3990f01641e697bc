"""A language model of a few thousand weights, so that the engine is tested and not the machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from workbench.ppo.config import PPOConfig
from workbench.ppo.policy import new_actor_critic
from workbench.ppo.train import PPOTrainer
from workbench.ppo.types import Prompt, Responses, RewardFunction

END, PAD, TARGET = 1, 0, 7


class DigitTokenizer:
    """Token 7 is the text "7"."""

    eos_token_id = END
    pad_token_id = PAD
    chat_template = None

    added_tokens_decoder: ClassVar[dict[int, Any]] = {}
    all_special_tokens: tuple[str, ...] = ()

    def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, list[int]]:
        return {"input_ids": [int(word) for word in text.split()]}

    def decode(self, ids: list[int], skip_special_tokens: bool = True) -> str:
        return " ".join(str(token) for token in ids if token not in (END, PAD))


def tiny_model(seed: int = 0) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=24,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        initializer_range=0.2,
    )
    return LlamaForCausalLM(config).eval()


def tiny_policy(seed: int = 0, **settings: Any) -> Any:
    config = PPOConfig.model_validate({"lora_rank": 4, "lora_alpha": 8, "lora_targets": "all-linear", **settings})
    return new_actor_critic(tiny_model(seed), config)


def share_of_target(responses: Responses) -> torch.Tensor:
    """Share of a response's tokens that are the target token: at most 1."""
    rollout = responses.rollout
    hits = (rollout.response_ids == TARGET) & rollout.response_mask
    return hits.sum(dim=1) / rollout.response_mask.sum(dim=1)


def tiny_trainer(
    seed: int = 0,
    reward: RewardFunction | list[RewardFunction] = share_of_target,
    model: Any = None,
    demonstrations: Sequence[tuple[str, str]] = (),
    **settings: Any,
) -> PPOTrainer:
    defaults: dict[str, Any] = {
        "total_episodes": 32 * 6,
        "batch_size": 32,
        "minibatch_size": 16,
        "ppo_epochs": 2,
        "max_new_tokens": 8,
        "learning_rate": 5e-3,
        "kl_coef": 0.01,
        "missing_eos_penalty": 0.0,
        "lora_rank": 4,
        "lora_alpha": 8,
        "lora_targets": "all-linear",
        "seed": seed,
    }
    prompts = [Prompt(f"prompt {i}", [3 + i, 5, 6][: 1 + i % 3]) for i in range(10)]
    config = PPOConfig.model_validate({**defaults, **settings})
    policy = new_actor_critic(model or tiny_model(seed), config)
    return PPOTrainer(config, policy, DigitTokenizer(), reward, prompts, demonstrations)  # type: ignore[arg-type]


@pytest.fixture
def trainer() -> PPOTrainer:
    return tiny_trainer()

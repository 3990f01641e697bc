"""Settings of one PPO run."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PPOConfig(BaseModel):
    """Everything that decides the outcome of a PPO run, apart from its models and prompts."""

    model_config = ConfigDict(extra="forbid")

    total_episodes: int = Field(2560, ge=1, description="Responses sampled over the whole run.")
    batch_size: int = Field(64, ge=1, description="Episodes per update.")
    minibatch_size: int = Field(32, ge=1, description="Episodes per optimiser step.")
    ppo_epochs: int = Field(2, ge=1, le=64, description="Passes over each batch of rollouts.")
    learning_rate: float = Field(
        1e-3, gt=0, lt=1, description="Peak learning rate of the policy adapter and value head."
    )
    warmup_ratio: float = Field(0.05, ge=0, lt=1, description="Share of the updates in which the rate rises.")
    kl_coef: float = Field(0.15, ge=0, description="Weight of the per-token KL penalty in the reward.")
    kl_estimator: Literal["k1", "k3"] = Field("k1", description="Schulman's estimator of the per-token KL.")
    gamma: float = Field(1.0, ge=0, le=1, description="Discount per token.")
    lam: float = Field(0.95, ge=0, le=1, description="GAE's lambda.")
    clip_range: float = Field(0.2, gt=0, lt=1, description="Clip range of the probability ratio.")
    value_clip_range: float = Field(0.2, gt=0, description="Clip range of the value around its old estimate.")
    value_coef: float = Field(0.1, ge=0, description="Weight of the value loss.")
    entropy_coef: float = Field(0.0, ge=0, description="Weight of the entropy bonus.")
    whiten_advantages: bool = Field(
        True, description="Shift and scale the advantages of a batch to mean 0, variance 1."
    )
    missing_eos_penalty: float = Field(
        1.0, ge=0, description="Taken from the score of a response without an end token."
    )
    max_grad_norm: float = Field(1.0, gt=0, description="Gradient norm is clipped to this.")
    temperature: float = Field(1.0, gt=0, le=5, description="Sampling temperature of the rollouts.")
    max_prompt_tokens: int = Field(256, ge=8, description="Longer prompts are left out and reported.")
    max_new_tokens: int = Field(64, ge=1, description="Longest response.")
    lora_rank: int = Field(16, ge=1, le=512, description="Rank of the policy adapter.")
    lora_alpha: int = Field(32, ge=1, le=1024, description="LoRA scale numerator.")
    checkpoint_every: int = Field(10, ge=1, description="Updates between checkpoints.")
    sample_every: int = Field(5, ge=1, description="Updates between answers to the fixed prompts.")
    seed: int = Field(0, ge=0, description="Seed of initialisation, data order and sampling.")


class PPORunConfig(BaseModel):
    """A PPO run in a workspace: which models, and the engine's settings."""

    model_config = ConfigDict(extra="forbid")

    reward_model_id: str = Field(
        description="Reward model, by registry id; its trunk is the SFT model that PPO starts from."
    )
    evaluate_limit: int = Field(200, ge=1, description="At most so many held-out prompts are answered at the end.")
    ppo: PPOConfig = Field(default_factory=PPOConfig)

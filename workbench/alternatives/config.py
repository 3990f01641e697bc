"""Settings of DPO and RLOO runs."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from workbench.models.adapters import LoraTargets


class _AlternativeConfig(BaseModel):
    """What both share: models, adapter, and how often validation prompts are answered."""

    model_config = ConfigDict(extra="forbid")

    reward_model_id: str = Field(description="Reward model that scores the answers; its votes and prompts are used.")
    model_id: str | None = Field(None, description="Model to tune; where empty, the one the reward model was built on.")
    snapshot: str | None = Field(
        None, description="Name of a snapshot of demonstrations to take prompts from; those approved now if empty."
    )
    tags: tuple[str, ...] = Field((), description="Train on prompts with one of these tags only; on all if empty.")
    prompts_limit: int | None = Field(None, ge=1, description="Train on at most so many prompts; on all if empty.")
    despite_verdict: bool = Field(
        False, description="Start although the reward model is judged not yet good enough to optimise against."
    )
    lora_rank: int = Field(16, ge=1, le=512, description="Rank of the adapter.")
    lora_alpha: int = Field(32, ge=1, le=1024, description="LoRA scale numerator.")
    lora_targets: LoraTargets = Field("mlp", description="Which layers get an adapter.")
    temperature: float = Field(1.0, gt=0, le=5, description="Sampling temperature.")
    max_new_tokens: int = Field(64, ge=1, le=4096, description="Longest response.")
    evaluations: int = Field(4, ge=1, le=100, description="How often validation prompts are answered while it trains.")
    evaluation_prompts: int = Field(32, ge=1, description="At most so many validation prompts are answered each time.")
    evaluate_limit: int = Field(200, ge=1, description="At most so many held-out prompts are answered at the end.")
    seed: int = Field(0, ge=0, description="Seed of initialisation, data order and sampling.")


class DPORunConfig(_AlternativeConfig):
    """Direct preference optimisation (Rafailov et al. 2023) on the votes that the reward model was trained on."""

    epochs: float = Field(3.0, gt=0, le=100, description="Passes over the voted pairs.")
    batch_size: int = Field(32, ge=1, description="Pairs per step.")
    learning_rate: float = Field(5e-4, gt=0, lt=1, description="Peak learning rate.")
    beta: float = Field(0.1, gt=0, description="How near it stays to the SFT model; larger is nearer.")
    max_length: int = Field(320, ge=16, description="Longer pairs are left out and reported.")


class RLOORunConfig(_AlternativeConfig):
    """REINFORCE leave-one-out (Ahmadian et al. 2024) against the reward model, on the prompts that PPO uses."""

    total_episodes: int = Field(2560, ge=1, description="Responses sampled over the whole run.")
    batch_size: int = Field(64, ge=2, description="Episodes per step.")
    num_generations: int = Field(4, ge=2, le=64, description="Responses to each prompt; each is judged by the others.")
    learning_rate: float = Field(5e-4, gt=0, lt=1, description="Peak learning rate.")
    kl_coef: float = Field(0.3, ge=0, description="Weight of the KL penalty in the reward.")
    missing_eos_penalty: float = Field(1.0, ge=0, description="Taken from the score without an end token.")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.batch_size % self.num_generations:
            raise ValueError("batch_size must be a multiple of num_generations: a prompt's responses stay together.")
        return self

"""Settings of one reward-model run."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

VoteSource = Literal["people", "simulated"]


class RewardModelConfig(BaseModel):
    """Everything that decides the outcome of a reward-model run, apart from its data."""

    model_config = ConfigDict(extra="forbid")

    model_id: str = Field(description="Model whose trunk carries the reward adapter and score head: the SFT model.")
    votes: VoteSource = Field("people", description="Whose votes count; people's and simulated ones are never mixed.")
    epochs: float = Field(3.0, gt=0, le=1000, description="Passes over the training pairs.")
    learning_rate: float = Field(6e-4, gt=0, lt=1, description="Peak learning rate of adapter and head.")
    batch_size: int = Field(16, ge=1, le=1024, description="Pairs per optimiser step.")
    lora_rank: int = Field(16, ge=1, le=512, description="Rank of the adapter.")
    lora_alpha: int = Field(32, ge=1, le=1024, description="LoRA scale numerator.")
    mismatched_per_pair: int = Field(
        1,
        ge=0,
        le=20,
        description="Pairs added for each voted one: its preferred response against the one preferred for another "
        "prompt, so that an answer to another question scores low. They need no vote.",
    )
    max_length: int = Field(512, ge=16, le=32768, description="Tokens of prompt and response together.")
    seed: int = Field(0, ge=0, description="Seed of initialisation and data order.")

"""Settings of one reward-model run."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

VoteSource = Literal["people", "simulated"]
Backend = Literal["trunk", "minilm", "classifier"]


class RewardModelConfig(BaseModel):
    """Everything that decides the outcome of a reward-model run, apart from its data."""

    model_config = ConfigDict(extra="forbid")

    model_id: str = Field(description="Model whose trunk carries the reward adapter and score head: the SFT model.")
    backend: Backend = Field(
        "trunk",
        description="What learns: an adapter on that model's trunk, the MiniLM encoder that ships with the project, or "
        "a sequence-classification model. PPO starts from model_id in any case.",
    )
    classifier: str | None = Field(
        None, description="Folder or Hugging Face id of the model that learns; for the backend classifier."
    )

    # From votes to pairs.
    votes: VoteSource = Field("people", description="Whose votes count; people's and simulated ones are never mixed.")
    per: Literal["pair", "vote"] = Field(
        "pair", description="One row for each pair, decided by the majority, or one row for each vote."
    )
    ties: Literal["leave_out", "both_ways"] = Field(
        "leave_out", description="Ties are left out, or each stands in both orders with margin 0: neither is better."
    )
    margin: Literal["none", "agreement", "strength"] = Field(
        "none",
        description="How far apart the scores of a pair should lie at least: not said, by how clear the votes are, or "
        "by the share of 'much better' among them.",
    )
    margin_size: float = Field(1.0, gt=0, le=20, description="Margin of a unanimous or 'much better' pair, in logits.")

    # Learning.
    epochs: float = Field(3.0, gt=0, le=1000, description="Passes over the training pairs.")
    learning_rate: float = Field(6e-4, gt=0, lt=1, description="Peak learning rate of adapter and head.")
    encoder_learning_rate: float = Field(
        5e-5, gt=0, lt=1, description="Peak learning rate where a whole encoder or classifier learns."
    )
    batch_size: int = Field(16, ge=1, le=1024, description="Pairs per optimiser step.")
    lora_rank: int = Field(16, ge=1, le=512, description="Rank of the adapter.")
    lora_alpha: int = Field(32, ge=1, le=1024, description="LoRA scale numerator.")
    lora_dropout: float = Field(0.0, ge=0, lt=1, description="Dropout before the adapter.")
    contrasts_per_pair: int = Field(
        0,
        ge=0,
        le=20,
        description="Pairs added for each voted one, which need no vote. In turn a preferred response stands against "
        "the one preferred for another prompt, itself with another value in it, itself said twice, and the prompt.",
    )
    use_likelihood: bool = Field(
        True,
        description="Let a response score lower the less likely its least likely token is to the trunk itself, which "
        "knows the demonstrations; how much lower is fitted on validation pairs. Backend trunk only.",
    )
    max_length: int = Field(512, ge=16, le=32768, description="Tokens of prompt and response together.")
    members: int = Field(
        1, ge=1, le=16, description="Reward models in one: their mean is the score, their spread the doubt."
    )
    members_differ: Literal["bootstrap", "seeds"] = Field(
        "bootstrap",
        description="Members after the first learn from prompts drawn again with replacement, or differ by seed alone.",
    )
    seed: int = Field(0, ge=0, description="Seed of initialisation and data order.")

    # Measured beside accuracy where it is asked for: it costs time.
    learning_curve: bool = Field(
        False, description="Learn from 25, 50 and 75% of the pairs too; takes one and a half times as long again."
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if (self.backend == "classifier") != (self.classifier is not None):
            raise ValueError("classifier: name a folder or Hugging Face id with the backend classifier, and only then.")
        return self

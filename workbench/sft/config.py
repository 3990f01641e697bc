"""Settings of one SFT run."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from workbench.models.adapters import LoraTargets


class SFTConfig(BaseModel):
    """Everything that decides the outcome of an SFT run, apart from its data."""

    model_config = ConfigDict(extra="forbid")

    model_id: str = Field(
        "base", description="Model to start from: an id in the registry, a model folder, or a Hugging Face id."
    )
    epochs: float = Field(12.0, gt=0, le=1000, description="Passes over the training demonstrations.")
    learning_rate: float = Field(4e-3, gt=0, lt=1, description="Peak learning rate of the LoRA weights.")
    batch_size: int = Field(16, ge=1, le=1024, description="Demonstrations per optimiser step.")
    lora_rank: int = Field(32, ge=1, le=512, description="Rank of the adapter.")
    lora_alpha: int = Field(
        64, ge=1, le=1024, description="LoRA scale numerator: the update is scaled by alpha / rank."
    )
    lora_targets: LoraTargets = Field(
        "mlp",
        description="Which layers get an adapter: the feed-forward ones, where facts are stored, or all linear ones.",
    )
    lora_dropout: float = Field(0.1, ge=0, lt=1, description="Share of the adapter's inputs left out at random.")
    warmup_ratio: float = Field(0.05, ge=0, lt=1, description="Share of the steps in which the rate rises.")
    max_length: int = Field(512, ge=16, le=32768, description="Tokens per row, prompt included; longer rows are cut.")
    max_new_tokens: int = Field(
        96, ge=1, le=4096, description="Longest answer when the run is compared with the human ones."
    )
    evaluate_limit: int = Field(200, ge=1, description="At most so many held-out prompts are answered.")
    seed: int = Field(0, ge=0, description="Seed of initialisation and data order.")

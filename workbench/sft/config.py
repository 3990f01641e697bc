"""Settings of one SFT run."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from workbench.models.adapters import LoraTargets

Method = Literal["lora", "qlora", "full"]


class SFTConfig(BaseModel):
    """Everything that decides the outcome of an SFT run, apart from its data.

    The defaults are those of the embedded model; `workbench.sft.defaults` knows what suits larger ones.
    """

    model_config = ConfigDict(extra="forbid")

    model_id: str = Field(
        "base", description="Model to start from: an id in the registry, a model folder, or a Hugging Face id."
    )
    revision: str | None = Field(
        None, description="Hub revision (branch, tag or commit) of a Hugging Face id; its commit is kept in the run."
    )
    method: Method = Field(
        "lora",
        description="LoRA trains a small adapter; QLoRA the same on a base in 4 bits (needs a CUDA GPU); full trains "
        "every weight and needs several times the memory.",
    )
    epochs: float = Field(12.0, gt=0, le=1000, description="Passes over the training demonstrations.")
    reword_prompts: bool = Field(
        True,
        description="Read each demonstration every other time with function words of its prompt left out or a word "
        "moved, so that other wordings find the same response.",
    )
    learning_rate: float = Field(4e-3, gt=0, lt=1, description="Peak learning rate of the weights that are trained.")
    batch_size: int = Field(16, ge=1, le=1024, description="Demonstrations per optimiser step.")
    micro_batch_size: int | None = Field(
        None,
        ge=1,
        le=1024,
        description="Demonstrations computed at once; fewer than the batch size save memory, the learning is the same.",
    )
    gradient_checkpointing: bool = Field(
        False, description="Compute activations twice instead of keeping them: less memory, about a third slower."
    )
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
    early_stopping: int = Field(
        0,
        ge=0,
        le=100,
        description="End after so many evaluations without a lower validation loss (there are about eight in a run); "
        "0 trains to the end.",
    )
    publish: Literal["last", "best"] = Field(
        "last", description="Give out the last weights, or those with the lowest validation loss."
    )
    max_length: int = Field(512, ge=16, le=32768, description="Tokens per row, prompt included; longer rows are cut.")
    max_new_tokens: int = Field(
        96, ge=1, le=4096, description="Longest answer when the run is compared with the human ones."
    )
    evaluate_limit: int = Field(200, ge=1, description="At most so many held-out prompts are answered.")
    seed: int = Field(0, ge=0, description="Seed of initialisation and data order.")

    @model_validator(mode="after")
    def _batches_fit(self) -> SFTConfig:
        if self.micro_batch_size is not None and self.batch_size % self.micro_batch_size:
            raise ValueError(
                f"micro_batch_size {self.micro_batch_size} must divide batch_size {self.batch_size} without remainder"
            )
        return self

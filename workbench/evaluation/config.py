"""Settings of one evaluation run."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from workbench.demonstrations.split_names import Split


class EvaluationConfig(BaseModel):
    """Which models answer which held-out prompts."""

    model_config = ConfigDict(extra="forbid")

    model_ids: tuple[str, ...] = Field(min_length=1, description="Models that answer, by registry id.")
    split: Split = Field("test", description="Split whose prompts are answered.")
    limit: int | None = Field(None, ge=1, description="At most so many prompts.")
    max_new_tokens: int = Field(96, ge=1, le=4096, description="Longest answer.")
    seed: int = Field(0, ge=0, description="Seed of the bootstrap.")

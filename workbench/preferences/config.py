"""Settings of one run that generates pairs."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from workbench.demonstrations.split_names import SPLITS, Split


class PairsConfig(BaseModel):
    """Two sampled responses per prompt."""

    model_config = ConfigDict(extra="forbid")

    model_id: str = Field(description="Model that gives response A.")
    other_model_id: str | None = Field(None, description="Model that gives response B; the same one if None.")
    splits: tuple[Split, ...] = Field(SPLITS, description="Splits whose prompts are used.")
    tags: tuple[str, ...] = Field((), description="Only prompts with one of these tags; all if empty.")
    prompts: tuple[str, ...] = Field((), description="Only these prompts; all if empty.")
    limit: int | None = Field(None, ge=1, description="At most so many pairs, spread over the splits.")
    pairs_per_prompt: int = Field(1, ge=1, le=16, description="Pairs for each prompt.")
    temperature: float = Field(1.0, gt=0, le=5, description="Sampling temperature of response A.")
    other_temperature: float | None = Field(
        None, gt=0, le=5, description="Sampling temperature of response B; that of response A if None."
    )
    max_new_tokens: int = Field(96, ge=1, le=4096, description="Longest response.")
    seed: int = Field(0, ge=0, description="Seed of the sampling.")
    new_pairs: bool = Field(True, description="Whether pairs are made; otherwise only those that wait are scored.")
    score_with: str | None = Field(
        None, description="Reward model that scores the pairs which wait for votes, new ones included; none if None."
    )

"""Settings of a verdict run."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class VerdictConfig(BaseModel):
    """Which candidates are compared, and on how much."""

    model_config = ConfigDict(extra="forbid")

    run_id: str = Field(description="Tuning run (PPO, DPO or RLOO) whose result is judged.")
    checkpoints: tuple[int, ...] = Field((), description="Its checkpoints that are judged too, by update; PPO only.")
    others: tuple[str, ...] = Field((), description="Further models, such as those of DPO and RLOO runs.")
    best_of_n: int = Field(
        4, ge=1, le=64, description="Answers of the SFT model of which the best is taken; 1 is none."
    )
    prompts: int = Field(100, ge=2, description="At most so many held-out prompts are answered.")
    temperature: float = Field(1.0, gt=0, le=5, description="Of the sampled responses that are scored.")
    max_new_tokens: int = Field(64, ge=1, le=4096, description="Longest response.")
    seed: int = Field(0, ge=0, description="Seed of the sampling and of the intervals.")

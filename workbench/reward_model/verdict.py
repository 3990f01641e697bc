"""Whether a reward model is good enough to optimise against: what the run says of it, as others read it.

The rules that come to a verdict are in ``workbench/reward_model/judging.py``; this module loads nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

VerdictName = Literal["go", "care", "not_yet"]


class Verdict(BaseModel):
    """May PPO start on this reward model? Stored as ``verdict`` in the summary of its run."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    verdict: VerdictName = Field(description="go; care: go with the settings below; not_yet: label first.")
    reasons: list[str] = Field(default_factory=list, description="Whole sentences, the weightiest first.")
    next: list[str] = Field(default_factory=list, description="What to do now, as whole sentences; first things first.")
    ppo_settings: dict[str, bool | int | float | str] = Field(
        default_factory=dict,
        description="Settings of PPOConfig by name, with the values that it asks for.",
    )


def read_verdict(summary: Mapping[str, Any]) -> Verdict | None:
    """The verdict in a reward-model run's summary; None where the run came to none or what it says cannot be read."""
    stored = summary.get("verdict")
    if not isinstance(stored, Mapping):
        return None
    try:
        return Verdict.model_validate(stored)
    except ValidationError:
        return None

"""Records that pass between the stages of PPO.

Shapes: B episodes, P prompt tokens after left padding, T response tokens after right padding.
A mask is True on tokens that count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Rollout:
    """Responses that the policy sampled, with what it thought while it sampled them."""

    sequences: Tensor
    """int64 [B, P + T]: prompts padded on the left, then responses padded on the right."""
    attention_mask: Tensor
    """bool [B, P + T]: True on prompt and response tokens, the end token included."""
    response_ids: Tensor
    """int64 [B, T]: the last T columns of ``sequences``."""
    response_mask: Tensor
    """bool [B, T]: True on response tokens, the end token included."""
    logprobs: Tensor
    """float32 [B, T]: log-probability of each sampled token under the sampling policy, 0 where masked."""
    values: Tensor
    """float32 [B, T]: value estimate of the state before each token, 0 where masked."""
    ended: Tensor
    """bool [B]: True where the response closed with the end token."""

    def lengths(self) -> Tensor:
        """int64 [B]: response tokens, the end token included."""
        return self.response_mask.sum(dim=1)


@dataclass(frozen=True, slots=True)
class Experience:
    """A rollout with everything an update learns from."""

    rollout: Rollout
    scores: Tensor
    """float32 [B]: what the reward model gave, the missing-end penalty taken off."""
    kl: Tensor
    """float32 [B, T]: per-token estimate of KL(policy || reference), 0 where masked."""
    rewards: Tensor
    """float32 [B, T]: score on the last token minus the per-token KL penalty."""
    advantages: Tensor
    """float32 [B, T]"""
    returns: Tensor
    """float32 [B, T]: targets of the value function."""


RewardFunction = Callable[[Rollout], Tensor]
"""Scores a rollout: float32 [B], one score for each response."""


@dataclass(frozen=True, slots=True)
class TrainingSample:
    """One response that a person can read beside the curves."""

    prompt: str
    response: str
    score: float
    kl: float
    length: int


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What one update did; ``metrics`` are those of docs/metrics.md."""

    update: int
    total_updates: int
    metrics: dict[str, float]
    samples: list[TrainingSample]

"""Records that pass between the stages of PPO.

Shapes: B episodes, P prompt tokens after left padding, T response tokens after right padding.
A mask is True on tokens that count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as text and as the ids that the policy reads."""

    text: str
    ids: list[int]


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

    def rows(self, index: Tensor) -> Rollout:
        """Some of the episodes, int64 [b], without the padding that only the others needed."""
        chosen = Rollout(*(getattr(self, field.name)[index] for field in fields(self)))
        width = chosen.response_ids.shape[1]
        prompt_width = chosen.sequences.shape[1] - width
        spare = int((~chosen.attention_mask[:, :prompt_width]).sum(dim=1).min())
        unused = width - int(chosen.lengths().max())
        end, whole = width - unused, chosen.sequences.shape[1] - unused
        return Rollout(
            sequences=chosen.sequences[:, spare:whole],
            attention_mask=chosen.attention_mask[:, spare:whole],
            response_ids=chosen.response_ids[:, :end],
            response_mask=chosen.response_mask[:, :end],
            logprobs=chosen.logprobs[:, :end],
            values=chosen.values[:, :end],
            ended=chosen.ended,
        )


@dataclass(frozen=True, slots=True)
class Responses:
    """What a reward function gets: the same responses as text and as the ids that were sampled."""

    prompts: Sequence[Prompt]
    texts: Sequence[str]
    rollout: Rollout
    reference_logprobs: Tensor | None = None
    """float32 [B, T]: of each token under the reference at temperature 1, where they are known."""


RewardFunction = Callable[[Responses], Tensor | Sequence[float]]
"""Scores responses: one number for each, higher is better."""


@dataclass(frozen=True, slots=True)
class Experience:
    """A rollout with everything an update learns from."""

    rollout: Rollout
    texts: Sequence[str]
    """The responses as text."""
    scores: Tensor
    """float32 [B]: what the reward models gave on average, the penalties for length and a missing end taken off."""
    disagreement: Tensor
    """float32 [B]: standard deviation of the reward models' scores; 0 with one."""
    reference_logprobs: Tensor
    """float32 [B, T]: log-probability of each token under the reference, 0 where masked."""
    kl: Tensor
    """float32 [B, T]: per-token estimate of KL(policy || reference), 0 where masked."""
    rewards: Tensor
    """float32 [B, T]: score on the last token minus the per-token KL penalty."""
    advantages: Tensor
    """float32 [B, T]"""
    returns: Tensor
    """float32 [B, T]: targets of the value function."""


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

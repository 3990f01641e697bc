"""From scores to per-token rewards: penalties, running scale, KL estimators, KL penalty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor


def estimate_kl(logprobs: Tensor, reference_logprobs: Tensor, estimator: Literal["k1", "k3"]) -> Tensor:
    """Per-token estimate of KL(policy || reference) from tokens that the policy sampled.

    With ``r = log p_ref - log p``: k1 is ``-r``, unbiased and of either sign; k3 is ``exp(r) - 1 - r``,
    unbiased, never negative and of lower variance (Schulman 2020, "Approximating KL divergence").

    Args:
        logprobs: float [B, T], of the sampled tokens under the policy.
        reference_logprobs: float [B, T], of the same tokens under the reference.

    Returns:
        float [B, T], in nats.
    """
    log_ratio = reference_logprobs - logprobs
    if estimator == "k1":
        return -log_ratio
    return torch.expm1(log_ratio) - log_ratio


def penalise_missing_end(scores: Tensor, ended: Tensor, penalty: float) -> Tensor:
    """Scores with ``penalty`` taken from each response that never closed.

    A response cut off at the length limit is not a finished answer, whatever the reward model says of it.

    Args:
        scores: float [B].
        ended: bool [B], True where the response closed with the end token.
    """
    return scores - penalty * (~ended).to(scores.dtype)


def penalise_length(scores: Tensor, lengths: Tensor, penalty: float) -> Tensor:
    """Scores with ``penalty`` taken from each response for every token it has.

    Args:
        scores: float [B].
        lengths: int64 [B], response tokens.
    """
    return scores - penalty * lengths.to(scores.dtype)


@dataclass(slots=True)
class RunningMoments:
    """Mean and variance of all scores seen so far, batch by batch (Chan, Golub and LeVeque 1979)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    """Sum of squared distances from the mean."""

    def add(self, scores: Tensor) -> None:
        """Take in a batch of scores, float [B]."""
        values = scores.double()
        size, mean = values.numel(), float(values.mean())
        shift, total = mean - self.mean, self.count + size
        self.squares += float(((values - mean) ** 2).sum()) + shift**2 * self.count * size / total
        self.mean += shift * size / total
        self.count = total

    @property
    def deviation(self) -> float:
        """Unbiased standard deviation; 1 before two scores that differ have been seen."""
        variance = self.squares / (self.count - 1) if self.count > 1 else 0.0
        return variance**0.5 if variance > 1e-12 else 1.0


def normalise_scores(scores: Tensor, deviation: float, clip: float | None) -> Tensor:
    """Scores divided by a deviation and clipped to ±``clip``; float [B].

    They are not centred: a constant taken from every score changes no advantage once the value function knows it, but
    would reward the policy for ending early where all scores are negative.
    """
    scaled = scores / deviation
    return scaled if clip is None else scaled.clamp(-clip, clip)


def shape_rewards(scores: Tensor, kl: Tensor, response_mask: Tensor, kl_coef: float) -> Tensor:
    """Per-token rewards ``-kl_coef * kl_t``, plus the score on the last response token.

    Ziegler et al. 2019, equation 2; Stiennon et al. 2020, section 3.4.

    Args:
        scores: float [B].
        kl: float [B, T].
        response_mask: bool [B, T], True on response tokens, each row with at least one.

    Returns:
        float [B, T], 0 where masked.
    """
    rewards = -kl_coef * kl * response_mask
    last = response_mask.sum(dim=1) - 1
    rows = torch.arange(len(scores), device=scores.device)
    rewards[rows, last] += scores
    return rewards

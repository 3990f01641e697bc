"""From scores to per-token rewards: KL estimators, KL penalty, end-token penalty. Pure functions."""

from __future__ import annotations

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

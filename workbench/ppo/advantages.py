"""Generalised advantage estimation and masked statistics. Pure functions."""

from __future__ import annotations

import torch
from torch import Tensor


def masked_mean(values: Tensor, mask: Tensor, count: Tensor | None = None) -> Tensor:
    """Mean of the values where the mask is True; 0 where it is True nowhere.

    Args:
        count: what to divide the sum by, where the mask covers only a part of what is averaged: the means of the
            parts then add up to the mean of the whole.
    """
    weights = mask.to(values.dtype)
    return (values * weights).sum() / (weights.sum() if count is None else count).clamp(min=1.0)


def masked_whiten(values: Tensor, mask: Tensor) -> Tensor:
    """Values shifted to mean 0 and scaled to variance 1 over the True positions, 0 elsewhere.

    The variance is the unbiased one, as in the reference implementations ("The N implementation details
    of RLHF with PPO", detail on whitening).
    """
    count = mask.sum()
    mean = masked_mean(values, mask)
    variance = masked_mean((values - mean) ** 2, mask) * count / (count - 1).clamp(min=1)
    return (values - mean) * torch.rsqrt(variance + 1e-8) * mask


def generalised_advantages(
    rewards: Tensor, values: Tensor, response_mask: Tensor, gamma: float, lam: float
) -> tuple[Tensor, Tensor]:
    """GAE (Schulman et al. 2016, equation 16) over the response tokens.

    ``delta_t = r_t + gamma * V_{t+1} - V_t`` and ``A_t = delta_t + gamma * lam * A_{t+1}``; the value after the
    last token is 0, because the episode ends there.

    Args:
        rewards: float [B, T].
        values: float [B, T], estimates of the state before each token.
        response_mask: bool [B, T], True on response tokens, which fill each row from the left.

    Returns:
        Advantages and returns (advantage + value), float [B, T] each, 0 where masked.
    """
    mask = response_mask.to(values.dtype)
    values = values * mask
    next_advantage = torch.zeros_like(values[:, 0])
    next_value = torch.zeros_like(values[:, 0])
    advantages = torch.zeros_like(values)
    for t in reversed(range(values.shape[1])):
        delta = rewards[:, t] + gamma * next_value - values[:, t]
        next_advantage = (delta + gamma * lam * next_advantage) * mask[:, t]
        next_value = values[:, t]
        advantages[:, t] = next_advantage
    return advantages, (advantages + values) * mask


def explained_variance(values: Tensor, returns: Tensor, mask: Tensor) -> float:
    """``1 - Var(returns - values) / Var(returns)`` over the True positions; NaN where the returns do not vary."""
    targets, residuals = returns[mask], (returns - values)[mask]
    variance = targets.var(unbiased=False)
    if targets.numel() < 2 or variance < 1e-12:
        return float("nan")
    return float(1 - residuals.var(unbiased=False) / variance)

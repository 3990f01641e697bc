"""PPO's clipped losses. Pure functions of log-probabilities, values and masks."""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.ppo.advantages import masked_mean


def selected_logprobs(logits: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probability of each chosen token, and the entropy of each distribution.

    Args:
        logits: float [B, T, V], already divided by the temperature.
        ids: int64 [B, T].

    Returns:
        float32 [B, T] each; entropy in nats.
    """
    log_probabilities = torch.log_softmax(logits.float(), dim=-1)
    chosen = log_probabilities.gather(-1, ids.unsqueeze(-1)).squeeze(-1)
    entropy = -(log_probabilities.exp() * log_probabilities).sum(dim=-1)
    return chosen, entropy


def policy_loss(
    logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor, mask: Tensor, clip_range: float
) -> tuple[Tensor, Tensor]:
    """Clipped surrogate loss (Schulman et al. 2017, equation 7), to be minimised.

    Returns:
        The loss, and the share of tokens at which the clipped term was the larger one.
    """
    ratio = torch.exp(logprobs - old_logprobs)
    unclipped = -advantages * ratio
    clipped = -advantages * ratio.clamp(1 - clip_range, 1 + clip_range)
    loss = masked_mean(torch.maximum(unclipped, clipped), mask)
    return loss, masked_mean((clipped > unclipped).float(), mask)


def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip_range: float) -> Tensor:
    """Half the squared error, the larger of the plain one and the one with the value held near its old estimate.

    As in OpenAI's baselines; "The 37 implementation details of PPO", detail 9.
    """
    held = old_values + (values - old_values).clamp(-clip_range, clip_range)
    return 0.5 * masked_mean(torch.maximum((values - returns) ** 2, (held - returns) ** 2), mask)


def approximate_kl(logprobs: Tensor, old_logprobs: Tensor, mask: Tensor) -> Tensor:
    """How far this update has moved the policy: the k3 estimate of KL(old || new), in nats per token."""
    log_ratio = logprobs - old_logprobs
    return masked_mean(torch.expm1(log_ratio) - log_ratio, mask)

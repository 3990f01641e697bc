"""PPO's clipped losses. Pure functions of log-probabilities, values and masks."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from workbench.ppo.advantages import masked_mean
from workbench.ppo.rewards import estimate_kl


def selected_logprobs(
    logits: Tensor, ids: Tensor, temperature: float = 1.0, *, entropy_gradient: bool = False
) -> tuple[Tensor, Tensor]:
    """Log-probability of each chosen token, and the entropy of each distribution, at a sampling temperature.

    Args:
        logits: float [..., V].
        ids: int64 [...].
        entropy_gradient: whether a gradient flows through the entropy; without it less memory is needed.

    Returns:
        float32 [...] each; entropy in nats.
    """
    logits = logits.float()
    if not entropy_gradient:
        chosen, entropy = _SelectedLogprobs.apply(logits, ids, temperature)  # type: ignore[no-untyped-call]
        return chosen, entropy
    log_probabilities = torch.log_softmax(logits / temperature, dim=-1)
    chosen = log_probabilities.gather(-1, ids.unsqueeze(-1)).squeeze(-1)
    return chosen, -(log_probabilities.exp() * log_probabilities).sum(dim=-1)


class _SelectedLogprobs(torch.autograd.Function):
    """Only the probabilities are kept for the way back: one tensor of the vocabulary's size, not four."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, ids: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
        scaled = logits if temperature == 1.0 else logits / temperature
        normaliser = scaled.logsumexp(dim=-1)
        chosen = scaled.gather(-1, ids.unsqueeze(-1)).squeeze(-1) - normaliser
        probabilities = torch.softmax(scaled, dim=-1)
        # H = log Z - E[logit].
        entropy = normaliser - torch.linalg.vecdot(probabilities, scaled)
        ctx.save_for_backward(probabilities, ids)
        ctx.temperature = temperature
        ctx.mark_non_differentiable(entropy)
        return chosen, entropy

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """``d log p(chosen) / d logits = (onehot(chosen) - p) / temperature``."""
        probabilities, ids = ctx.saved_tensors
        gradient = (gradients[0] / ctx.temperature).unsqueeze(-1)
        result = probabilities * -gradient
        return result.scatter_add_(-1, ids.unsqueeze(-1), gradient), None, None


def policy_loss(
    logprobs: Tensor,
    old_logprobs: Tensor,
    advantages: Tensor,
    mask: Tensor,
    clip_range: float,
    count: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Clipped surrogate loss (Schulman et al. 2017, equation 7), to be minimised.

    Args:
        count: tokens to divide by, where these rows are a part of a minibatch; the mask's own otherwise.

    Returns:
        The loss, and the share of tokens at which the clipped term was the larger one.
    """
    ratio = torch.exp(logprobs - old_logprobs)
    unclipped = -advantages * ratio
    clipped = -advantages * ratio.clamp(1 - clip_range, 1 + clip_range)
    loss = masked_mean(torch.maximum(unclipped, clipped), mask, count)
    return loss, masked_mean((clipped > unclipped).float(), mask, count)


def value_loss(
    values: Tensor,
    old_values: Tensor,
    returns: Tensor,
    mask: Tensor,
    clip_range: float,
    count: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Half the squared error, the larger of the plain one and the one with the value held near its old estimate.

    As in OpenAI's baselines; "The 37 implementation details of PPO", detail 9.

    Returns:
        The loss, and the share of tokens at which the held value's error was the larger one.
    """
    held = old_values + (values - old_values).clamp(-clip_range, clip_range)
    plain_error, held_error = (values - returns) ** 2, (held - returns) ** 2
    loss = 0.5 * masked_mean(torch.maximum(plain_error, held_error), mask, count)
    return loss, masked_mean((held_error > plain_error).float(), mask, count)


def approximate_kl(logprobs: Tensor, old_logprobs: Tensor, mask: Tensor, count: Tensor | None = None) -> Tensor:
    """How far this update has moved the policy: the k3 estimate of KL(old || new), in nats per token."""
    log_ratio = logprobs - old_logprobs
    return masked_mean(torch.expm1(log_ratio) - log_ratio, mask, count)


def kl_loss(logprobs: Tensor, reference_logprobs: Tensor, mask: Tensor, count: Tensor | None = None) -> Tensor:
    """Distance from the reference as a loss term: k3 per token (Shao et al. 2024, equation 4).

    Never k1: its gradient is that of log p alone, whose expectation is zero, so it would hold nothing back.
    """
    return masked_mean(estimate_kl(logprobs, reference_logprobs, "k3"), mask, count)

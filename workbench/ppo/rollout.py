"""Sampling responses from the policy, with log-probabilities and values taken on the way.

Nothing is computed twice: the pass that chooses a token also gives its log-probability and the value of the state
before it. Rows that have ended leave the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.ppo.policy import SharedTrunk
from workbench.ppo.types import Rollout


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How responses are drawn. ``temperature`` 0 takes the likeliest token."""

    max_new_tokens: int
    temperature: float
    end_token: int
    pad_token: int


def left_pad(prompts: Sequence[Sequence[int]], pad_token: int) -> tuple[Tensor, Tensor]:
    """Prompts as one int64 [B, P] tensor padded on the left, and its bool mask."""
    width = max(len(ids) for ids in prompts)
    padded = torch.full((len(prompts), width), pad_token, dtype=torch.int64)
    mask = torch.zeros((len(prompts), width), dtype=torch.bool)
    for row, ids in enumerate(prompts):
        padded[row, width - len(ids) :] = torch.tensor(ids, dtype=torch.int64)
        mask[row, width - len(ids) :] = True
    return padded, mask


@torch.no_grad()
def sample_rollout(
    policy: SharedTrunk,
    prompts: Sequence[Sequence[int]],
    settings: SamplingSettings,
    generator: torch.Generator | None,
) -> Rollout:
    """One response to each prompt.

    Args:
        prompts: token ids of each prompt, up to where the response begins.
        generator: source of the sampling's randomness, on the CPU; None with temperature 0.
    """
    policy.eval()
    device = policy.value_head.weight.device
    padded, mask = (tensor.to(device) for tensor in left_pad(prompts, settings.pad_token))
    batch, limit = len(prompts), settings.max_new_tokens
    ids = torch.full((batch, limit), settings.pad_token, dtype=torch.int64, device=device)
    logprobs = torch.zeros((batch, limit), device=device)
    values = torch.zeros((batch, limit), device=device)
    ended = torch.zeros(batch, dtype=torch.bool, device=device)
    rows = torch.arange(batch, device=device)  # rows of the batch that are still being written
    inputs, cache, attention = padded, None, mask
    for t in range(limit):
        logits, value, cache = policy(inputs, attention, last=1, past_key_values=cache, use_cache=True)
        log_probabilities = _log_probabilities(logits[:, -1], settings.temperature)
        token = _draw(log_probabilities, settings.temperature, generator)
        ids[rows, t] = token
        logprobs[rows, t] = log_probabilities.gather(1, token.unsqueeze(1)).squeeze(1)
        values[rows, t] = value[:, -1]
        ended[rows] = token == settings.end_token
        going = (~ended[rows]).nonzero().squeeze(1)
        if len(going) == 0:
            break
        if len(going) < len(rows):
            rows, token, attention = rows[going], token[going], attention[going]
            cache.batch_select_indices(going)
        inputs = token.unsqueeze(1)
        attention = torch.cat([attention, torch.ones_like(inputs, dtype=torch.bool)], dim=1)
    return _assemble(padded, mask, ids, logprobs, values, ended, settings.end_token)


def _log_probabilities(logits: Tensor, temperature: float) -> Tensor:
    return torch.log_softmax(logits.float() / (temperature if temperature > 0 else 1.0), dim=-1)


def _draw(log_probabilities: Tensor, temperature: float, generator: torch.Generator | None) -> Tensor:
    if temperature == 0:
        return log_probabilities.argmax(dim=-1)
    # Drawn on the CPU, so that one seed gives one run whatever the device's own generator does.
    drawn = torch.multinomial(log_probabilities.exp().cpu(), 1, generator=generator)
    return drawn.squeeze(1).to(log_probabilities.device)


def _assemble(
    padded: Tensor,
    prompt_mask: Tensor,
    ids: Tensor,
    logprobs: Tensor,
    values: Tensor,
    ended: Tensor,
    end_token: int,
) -> Rollout:
    is_end = ids == end_token
    # True up to and including the first end token; everywhere where there is none.
    response_mask = (is_end.cumsum(dim=1) - is_end.long()) == 0
    width = int(response_mask.sum(dim=1).max())
    ids, response_mask = ids[:, :width], response_mask[:, :width]
    return Rollout(
        sequences=torch.cat([padded, ids], dim=1),
        attention_mask=torch.cat([prompt_mask, response_mask], dim=1),
        response_ids=ids,
        response_mask=response_mask,
        logprobs=logprobs[:, :width] * response_mask,
        values=values[:, :width] * response_mask,
        ended=ended,
    )

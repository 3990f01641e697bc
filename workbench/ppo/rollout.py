"""Sampling responses from the policy, with log-probabilities and values taken on the way.

Nothing is computed twice: the pass that chooses a token also gives its log-probability and the value of the state
before it. Rows that have ended leave the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.ppo.policy import ActorCritic
from workbench.ppo.types import Rollout

LEAVING_SHARE = 8
"""Ended rows leave once they are an eighth of the batch: taking them out one by one would cost more than it saves."""


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
    policy: ActorCritic,
    prompts: Sequence[Sequence[int]],
    settings: SamplingSettings,
    generator: torch.Generator | None,
) -> Rollout:
    """One response to each prompt.

    Args:
        prompts: token ids of each prompt, up to where the response begins.
        generator: source of the sampling's randomness, on the CPU; None with temperature 0. A row's draws depend on
            its place in the batch alone, not on what its neighbours wrote.
    """
    policy.eval()
    padded, mask = (tensor.to(policy.device) for tensor in left_pad(prompts, settings.pad_token))
    draws = _draws(len(prompts), settings, generator).to(policy.device)
    writing = _Writing(padded, mask, settings, draws)
    with policy.decoder(settings.max_new_tokens) as decoder:
        hidden = decoder.start(padded, mask)
        for t in range(settings.max_new_tokens):
            tokens, going = writing.write(t, policy.logits(hidden), policy.values(hidden))
            if going is not None:
                if len(going) == 0:
                    break
                decoder.keep(going)
                tokens = tokens[going]
            if t + 1 < settings.max_new_tokens:
                hidden = decoder.step(tokens)
    return writing.rollout()


def _draws(batch: int, settings: SamplingSettings, generator: torch.Generator | None) -> Tensor:
    """Uniform numbers in [0, 1), [B, T], the same whatever the device; zeros where nothing is drawn."""
    shape = (batch, settings.max_new_tokens)
    precise = torch.float32 if torch.backends.mps.is_available() else torch.float64  # MPS has no float64
    if settings.temperature == 0:
        return torch.zeros(shape, dtype=precise)
    return torch.rand(shape, generator=generator, dtype=torch.float64).to(precise)


class _Writing:
    """The responses while they are being written."""

    def __init__(self, padded: Tensor, mask: Tensor, settings: SamplingSettings, draws: Tensor) -> None:
        self._padded, self._mask, self._settings, self._draws = padded, mask, settings, draws
        shape = (len(padded), settings.max_new_tokens)
        self._ids = padded.new_full(shape, settings.pad_token)
        self._logprobs = torch.zeros(shape, device=padded.device)
        self._values = torch.zeros(shape, device=padded.device)
        self._rows = torch.arange(len(padded), device=padded.device)  # rows that the decoder still carries
        self._ended = torch.zeros(len(padded), dtype=torch.bool, device=padded.device)  # of those

    def write(self, t: int, logits: Tensor, values: Tensor) -> tuple[Tensor, Tensor | None]:
        """Choose token ``t`` of each row; returns the tokens, and which rows go on where some leave."""
        tokens, logprobs = choose(logits, self._settings.temperature, self._draws[self._rows, t])
        self._ids[self._rows, t] = tokens
        self._logprobs[self._rows, t] = logprobs
        self._values[self._rows, t] = values
        self._ended = self._ended | (tokens == self._settings.end_token)
        ended = int(self._ended.sum())
        if ended == 0 or ended * LEAVING_SHARE < len(self._rows):
            return tokens, None
        going = (~self._ended).nonzero().squeeze(1)
        self._rows, self._ended = self._rows[going], self._ended[going]
        return tokens, going

    def rollout(self) -> Rollout:
        """What was written, cut at each row's first end token."""
        is_end = self._ids == self._settings.end_token
        # True up to and including the first end token; everywhere where there is none. Behind an end token only its
        # row's spare tokens follow, or padding, which may be the end token itself.
        mask = (is_end.cumsum(dim=1) - is_end.long()) == 0
        width = int(mask.sum(dim=1).max())
        mask = mask[:, :width]
        ids = self._ids[:, :width].masked_fill(~mask, self._settings.pad_token)
        return Rollout(
            sequences=torch.cat([self._padded, ids], dim=1),
            attention_mask=torch.cat([self._mask, mask], dim=1),
            response_ids=ids,
            response_mask=mask,
            logprobs=self._logprobs[:, :width] * mask,
            values=self._values[:, :width] * mask,
            ended=(is_end[:, :width] & mask).any(dim=1),
        )


def choose(logits: Tensor, temperature: float, draws: Tensor) -> tuple[Tensor, Tensor]:
    """The next token of each row and its log-probability.

    By the inverse of the distribution function: the first token at which the probabilities so far exceed the draw.

    Args:
        logits: float [b, V].
        temperature: 0 takes the likeliest token; its log-probability is then that at temperature 1.
        draws: [b], uniform in [0, 1); sums are as precise as these.
    """
    log_probabilities = torch.log_softmax(logits.float() / (temperature or 1.0), dim=-1)
    if temperature == 0:
        logprobs, tokens = log_probabilities.max(dim=-1)
        return tokens, logprobs
    reached = log_probabilities.exp().cumsum(dim=-1, dtype=draws.dtype)
    # Scaled by the sum, which rounding keeps from being 1: a draw near 1 must not fall behind the last token.
    tokens = torch.searchsorted(reached, draws[:, None] * reached[:, -1:], right=True).squeeze(1)
    tokens = tokens.clamp(max=logits.shape[-1] - 1)
    return tokens, log_probabilities.gather(1, tokens[:, None]).squeeze(1)

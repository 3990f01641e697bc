"""Demonstrations mixed into PPO, so that what SFT taught is kept while preferences are learned.

Ouyang et al. 2022 (arXiv 2203.02155, equation 2) add the log-likelihood of pretraining text to PPO's objective
("PPO-ptx") against what alignment costs elsewhere. Here the text is the demonstrations of the training split: the
company's facts.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from workbench.errors import InvalidInput
from workbench.models.chat import encode_response
from workbench.ppo.advantages import masked_mean
from workbench.ppo.policy import ActorCritic
from workbench.ppo.prompts import Messages, PromptOrder, to_prompt
from workbench.ppo.rollout import left_pad
from workbench.ppo.types import Prompt, Rollout

Demonstration = tuple[str | Messages | Prompt, str]
"""A prompt and the human response to it."""


class DemonstrationMix:
    """An endless sequence of shuffled demonstrations, and the policy's loss on them."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, demonstrations: Sequence[Demonstration], room: int, seed: int
    ) -> None:
        """``room``: tokens that prompt and response may have together. Longer ones are counted in ``left_out``.

        Raises:
            InvalidInput: no demonstration fits.
        """
        pairs = [
            (to_prompt(tokenizer, prompt).ids, encode_response(tokenizer, response))
            for prompt, response in demonstrations
        ]
        self._pairs = [pair for pair in pairs if len(pair[0]) + len(pair[1]) <= room]
        self.left_out = len(pairs) - len(self._pairs)
        self._pad = int(tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id)
        if not self._pairs:
            raise InvalidInput(
                f"No demonstration fits into {room} tokens, so none can be mixed in: set demonstration_coef to 0."
            )
        # A stream of its own: prompts come in the same order with demonstrations and without.
        self.order = PromptOrder(len(self._pairs), seed + 1)

    def loss(self, policy: ActorCritic, count: int) -> Tensor:
        """Mean negative log-likelihood of a response token over the next ``count`` demonstrations, in nats.

        At temperature 1, as in SFT.
        """
        batch = demonstration_rollout([self._pairs[i] for i in self.order.take(count)], self._pad, policy.device)
        return -masked_mean(policy.response_pass(batch, 1.0).logprobs, batch.response_mask)


def demonstration_rollout(pairs: Sequence[tuple[list[int], list[int]]], pad: int, device: torch.device) -> Rollout:
    """Human responses in the shape of sampled ones; nobody sampled them, so log-probabilities and values are 0."""
    prompts, prompt_mask = left_pad([prompt for prompt, _ in pairs], pad)
    width = max(len(response) for _, response in pairs)
    ids = torch.full((len(pairs), width), pad, dtype=torch.int64)
    mask = torch.zeros((len(pairs), width), dtype=torch.bool)
    for row, (_, response) in enumerate(pairs):
        ids[row, : len(response)] = torch.tensor(response, dtype=torch.int64)
        mask[row, : len(response)] = True
    nothing = torch.zeros((len(pairs), width), device=device)
    return Rollout(
        sequences=torch.cat([prompts, ids], dim=1).to(device),
        attention_mask=torch.cat([prompt_mask, mask], dim=1).to(device),
        response_ids=ids.to(device),
        response_mask=mask.to(device),
        logprobs=nothing,
        values=nothing,
        ended=torch.ones(len(pairs), dtype=torch.bool, device=device),
    )

"""Prompts: from text or messages to ids, and the order in which they are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from workbench.errors import InvalidInput
from workbench.models.chat import encode_messages
from workbench.ppo.types import Prompt

Messages = Sequence[Mapping[str, str]]
"""A conversation: ``[{"role": "user", "content": "…"}, …]``, the last turn a person's."""


@dataclass(frozen=True, slots=True)
class EncodedPrompts:
    """The prompts that leave room for a response, and those that do not."""

    fitting: list[Prompt]
    too_long: list[Prompt]


def encode_prompts(
    tokenizer: PreTrainedTokenizerBase, prompts: Sequence[str | Messages | Prompt], room: int
) -> EncodedPrompts:
    """Prompts as the ids that the policy reads, each distinct one once.

    Text is a single user's turn where the tokenizer has a chat template, and is taken as it stands where it has none.

    Args:
        room: tokens that a prompt may have at most; nothing is ever cut.

    Raises:
        InvalidInput: messages for a tokenizer without chat template, or a prompt without a token.
    """
    encoded: dict[tuple[int, ...], Prompt] = {}
    for given in prompts:
        prompt = to_prompt(tokenizer, given)
        if not prompt.ids:
            raise InvalidInput("A prompt has no token at all, so there is nothing to answer.")
        encoded.setdefault(tuple(prompt.ids), prompt)
    fitting = [prompt for prompt in encoded.values() if len(prompt.ids) <= room]
    return EncodedPrompts(fitting, [prompt for prompt in encoded.values() if len(prompt.ids) > room])


def to_prompt(tokenizer: PreTrainedTokenizerBase, given: str | Messages | Prompt) -> Prompt:
    """A prompt as the ids that the policy reads. Raises InvalidInput for messages without a chat template."""
    if isinstance(given, Prompt):
        return given
    if isinstance(given, str):
        if not tokenizer.chat_template:
            return Prompt(given, list(tokenizer(given)["input_ids"]))
        return Prompt(given, encode_messages(tokenizer, [{"role": "user", "content": given}]))
    if not tokenizer.chat_template:
        raise InvalidInput(
            "The tokenizer has no chat template, so messages cannot be written out: set tokenizer.chat_template, "
            "or give the prompts as text."
        )
    return Prompt("\n".join(str(message["content"]) for message in given), encode_messages(tokenizer, given))


class PromptOrder:
    """An endless sequence of shuffled passes over ``count`` prompts."""

    def __init__(self, count: int, seed: int) -> None:
        if count < 1:
            raise ValueError("PPO needs at least one prompt.")
        self._count = count
        self._generator = torch.Generator().manual_seed(seed + 1)
        self._waiting: list[int] = []

    def take(self, count: int) -> list[int]:
        """The next ``count`` prompt indices."""
        while len(self._waiting) < count:
            self._waiting += torch.randperm(self._count, generator=self._generator).tolist()
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    def state(self) -> dict[str, Any]:
        """What ``restore`` needs to go on with the same sequence."""
        return {"generator": self._generator.get_state(), "waiting": self._waiting}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where ``state`` was taken."""
        self._generator.set_state(state["generator"])
        self._waiting = list(state["waiting"])

"""Text to token ids and back: the one way that SFT, reward model, PPO and evaluation share.

A prompt is rendered through the model's chat template up to where the assistant speaks; a response is its
tokens and the end token. Training and sampling therefore see the very same ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def encode_prompt(tokenizer: PreTrainedTokenizerBase, prompt: str) -> list[int]:
    """Token ids of a user's prompt, ending where the response begins."""
    return encode_messages(tokenizer, [{"role": "user", "content": prompt}])


def encode_messages(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Mapping[str, str]]) -> list[int]:
    """Token ids of a conversation, ending where the response begins."""
    turns = [{"role": turn["role"], "content": _defuse(tokenizer, turn["content"])} for turn in messages]
    rendered = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    return list(tokenizer(rendered, add_special_tokens=False)["input_ids"])


def encode_response(tokenizer: PreTrainedTokenizerBase, response: str) -> list[int]:
    """Token ids of a response, the end token included."""
    ids = list(tokenizer(_defuse(tokenizer, response), add_special_tokens=False)["input_ids"])
    return [*ids, tokenizer.eos_token_id]


def decode_response(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    """Text of a response without special tokens."""
    return str(tokenizer.decode(list(ids), skip_special_tokens=True)).strip()


def _defuse(tokenizer: PreTrainedTokenizerBase, text: str) -> str:
    """Text in which no special token is spelt out: typed by a person, ``<|end|>`` must not end the turn."""
    for token in tokenizer.all_special_tokens:
        text = text.replace(token, f"{token[0]} {token[1:]}")
    return text

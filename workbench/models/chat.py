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
    # Templates with a thinking mode (Qwen3) open the response with thoughts unless told not to; others ignore it.
    rendered = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False, enable_thinking=False)
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
    for token in _control_tokens(tokenizer):
        text = text.replace(token, f"{token[0]} {token[1:]}")
    return text


def _control_tokens(tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """All that the tokenizer reads as one special token, whether or not it has a name such as end or padding."""
    added = [token.content for token in tokenizer.added_tokens_decoder.values() if token.special]
    return list(dict.fromkeys([*tokenizer.all_special_tokens, *added]))

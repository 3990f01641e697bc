"""Answers to prompts, in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.models.chat import decode_response, encode_prompt

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PLAIN: dict[str, Any] = {"repetition_penalty": 1.0, "no_repeat_ngram_size": 0}
UNCUT: dict[str, Any] = {"top_k": 0, "top_p": 1.0}
"""Many models bring habits of their own (Qwen3 samples with top_k 20 and top_p 0.95). Here the model itself is looked
at, as in training, so these are switched off."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One batch of prompts as the model keeps it after it answered them."""

    rows: list[int]
    """Which of the prompts these are."""
    prompts: torch.Tensor
    """Token ids of shape (rows, longest prompt), padded on the left."""
    mask: torch.Tensor
    """1 at a prompt's tokens, 0 at padding; of the same shape."""
    cache: Any
    """Keys and values of prompts and answers, as transformers keeps them."""


def generate(
    model: PreTrainedModel | PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    *,
    temperature: float = 0.0,
    max_new_tokens: int = 96,
    seed: int = 0,
    batch_size: int = 64,
    on_progress: Callable[[int, int], None] | None = None,
    on_answered: Callable[[Answered], None] | None = None,
) -> list[str]:
    """One response to each prompt, in the prompts' order.

    Args:
        temperature: 0 takes the likeliest token each time; otherwise tokens are sampled.
        seed: of the sampling. The same prompts, batch size and seed give the same responses.
        on_progress: called after each batch with (answered, all).
        on_answered: called after each batch with what the model has read, in inference mode.

    Prompts longer than the model's context keep their last tokens: the question usually ends a prompt.
    """
    import torch

    encoded = [encode_prompt(tokenizer, prompt) for prompt in prompts]
    room = context_length(model) - max_new_tokens
    encoded = [ids[-room:] if room > 0 else ids[-1:] for ids in encoded]
    # Prompts of like length share a batch: less padding, the same answers.
    order = sorted(range(len(encoded)), key=lambda index: len(encoded[index]))
    responses = [""] * len(encoded)
    devices = [model.device] if model.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), torch.inference_mode():
        torch.manual_seed(seed)
        for start in range(0, len(order), batch_size):
            chunk = order[start : start + batch_size]
            padded = tokenizer.pad({"input_ids": [encoded[i] for i in chunk]}, padding_side="left", return_tensors="pt")
            padded = padded.to(model.device)
            outputs, cache = _generate_batch(model, tokenizer, padded, temperature, max_new_tokens)
            for index, ids in zip(chunk, outputs, strict=True):
                responses[index] = decode_response(tokenizer, ids)
            if on_answered is not None:
                on_answered(Answered(chunk, padded["input_ids"], padded["attention_mask"], cache))
            if on_progress is not None:
                on_progress(min(start + batch_size, len(order)), len(order))
    return responses


def context_length(model: PreTrainedModel | PeftModel) -> int:
    """Positions that the model can attend to, in tokens."""
    return int(getattr(model.config, "max_position_embeddings", 2048))


def _generate_batch(
    model: Any, tokenizer: Any, padded: Any, temperature: float, max_new_tokens: int
) -> tuple[list[list[int]], Any]:
    """The answers' token ids, and the keys and values that are left."""
    sampling = {"do_sample": True, "temperature": temperature} | UNCUT if temperature > 0 else {"do_sample": False}
    output = model.generate(
        input_ids=padded["input_ids"],
        attention_mask=padded["attention_mask"],
        max_new_tokens=max_new_tokens,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        return_dict_in_generate=True,
        **PLAIN,
        **sampling,
    )
    new = output.sequences[:, padded["input_ids"].shape[1] :].tolist()
    return [_until_end(ids, tokenizer.eos_token_id) for ids in new], output.past_key_values


def _until_end(ids: list[int], end: int) -> list[int]:
    return ids[: ids.index(end)] if end in ids else ids

"""Answers to prompts, in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.models.chat import decode_response, encode_prompt

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PLAIN: dict[str, Any] = {"repetition_penalty": 1.0, "no_repeat_ngram_size": 0}
UNCUT: dict[str, Any] = {"top_k": 0, "top_p": 1.0}
"""Many models bring habits of their own (Qwen3 samples with top_k 20 and top_p 0.95). Here the model itself is looked
at, as in training, so these are switched off."""


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
) -> list[str]:
    """One response to each prompt, in the prompts' order.

    Args:
        temperature: 0 takes the likeliest token each time; otherwise tokens are sampled.
        seed: of the sampling. The same prompts, batch size and seed give the same responses.
        on_progress: called after each batch with (answered, all).

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
            outputs = _generate_batch(model, tokenizer, [encoded[i] for i in chunk], temperature, max_new_tokens)
            for index, ids in zip(chunk, outputs, strict=True):
                responses[index] = decode_response(tokenizer, ids)
            if on_progress is not None:
                on_progress(min(start + batch_size, len(order)), len(order))
    return responses


def context_length(model: PreTrainedModel | PeftModel) -> int:
    """Positions that the model can attend to, in tokens."""
    return int(getattr(model.config, "max_position_embeddings", 2048))


def _generate_batch(
    model: Any, tokenizer: Any, batch: list[list[int]], temperature: float, max_new_tokens: int
) -> list[list[int]]:
    import torch

    padded = tokenizer.pad({"input_ids": batch}, padding_side="left", return_tensors="pt").to(model.device)
    sampling = {"do_sample": True, "temperature": temperature} | UNCUT if temperature > 0 else {"do_sample": False}
    output: torch.Tensor = model.generate(
        input_ids=padded["input_ids"],
        attention_mask=padded["attention_mask"],
        max_new_tokens=max_new_tokens,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        **PLAIN,
        **sampling,
    )
    new = output[:, padded["input_ids"].shape[1] :].tolist()
    return [_until_end(ids, tokenizer.eos_token_id) for ids in new]


def _until_end(ids: list[int], end: int) -> list[int]:
    return ids[: ids.index(end)] if end in ids else ids

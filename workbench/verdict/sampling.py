"""Responses of a language model as the ids that it sampled, and how likely a model finds given ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from workbench.models.chat import encode_prompt
from workbench.models.generation import context_length

BATCH = 64


def sample_ids(
    model: Any, tokenizer: Any, prompts: Sequence[str], *, temperature: float, max_new_tokens: int, seed: int
) -> list[list[int]]:
    """One response to each prompt, its end token included where it came; temperature 0 takes the likeliest tokens.

    The same prompts and seed give the same random numbers to every model.
    """
    encoded = [_fitting(model, encode_prompt(tokenizer, prompt), max_new_tokens) for prompt in prompts]
    order = sorted(range(len(encoded)), key=lambda index: len(encoded[index]))
    found: list[list[int]] = [[] for _ in encoded]
    how = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature > 0 else {"do_sample": False}
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(seed)
        for start in range(0, len(order), BATCH):
            chunk = order[start : start + BATCH]
            rows = {"input_ids": [encoded[index] for index in chunk]}
            padded = tokenizer.pad(rows, padding_side="left", return_tensors="pt").to(model.device)
            output = model.generate(
                input_ids=padded["input_ids"],
                attention_mask=padded["attention_mask"],
                max_new_tokens=max_new_tokens,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
                **how,
            )
            for index, ids in zip(chunk, output[:, padded["input_ids"].shape[1] :].tolist(), strict=True):
                found[index] = _with_end(ids, int(tokenizer.eos_token_id))
    return found


def _fitting(model: Any, ids: list[int], max_new_tokens: int) -> list[int]:
    room = context_length(model) - max_new_tokens
    return ids[-room:] if room > 0 else ids[-1:]


def _with_end(ids: list[int], end: int) -> list[int]:
    return ids[: ids.index(end) + 1] if end in ids else ids


@torch.inference_mode()
def log_likelihoods(
    model: Any, tokenizer: Any, prompts: Sequence[str], responses: Sequence[Sequence[int]], temperature: float
) -> list[float]:
    """log π(response | prompt) of each row, the sum over its tokens, at the sampling temperature."""
    sums: list[float] = []
    for start in range(0, len(prompts), BATCH):
        rows, masks = [], []
        for prompt, response in zip(prompts[start : start + BATCH], responses[start : start + BATCH], strict=True):
            ids = _fitting(model, encode_prompt(tokenizer, prompt), len(response))
            rows.append(torch.tensor([*ids, *response]))
            masks.append(torch.tensor([False] * len(ids) + [True] * len(response)))
        sequences = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True).to(model.device)
        counted = torch.nn.utils.rnn.pad_sequence(masks, batch_first=True).to(model.device)
        lengths = torch.tensor([len(row) for row in rows], device=model.device)
        attention = torch.arange(sequences.shape[1], device=model.device)[None, :] < lengths[:, None]
        logits = model(input_ids=sequences, attention_mask=attention.long()).logits[:, :-1].float() / temperature
        chosen = logits.log_softmax(dim=-1).gather(-1, sequences[:, 1:, None]).squeeze(-1)
        sums += (chosen * counted[:, 1:]).sum(dim=1).tolist()
    return sums

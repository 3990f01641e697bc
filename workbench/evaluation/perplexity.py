"""How surprised a model is by the human response: what it has learned, whatever it happens to say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.evaluation.batching import like_lengths

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from workbench.models.generation import Answered

SIGNATURE = "exp(mean loss per response token, end token included)|model's own tokens"
LOGIT_BYTES = 256 * 1024 * 1024
"""Room for the logits of one batch; a vocabulary of 150,000 makes them the largest part."""
GPU_ROWS, CPU_ROWS = 64, 16
"""Rows of one batch at most; on a CPU what passes between the layers should stay in its cache."""
MAX_LOSS = 50.0
"""Nats per token above which a perplexity is no number to show any more (e^50)."""


@dataclass(frozen=True, slots=True)
class ReferenceLoss:
    """The loss of one response under a model."""

    nats: float
    """Summed over its tokens."""
    tokens: int
    """The end token included; 0 where the prompt leaves no room for a response."""
    worst: float = 0.0
    """Nats of its least likely token."""

    @property
    def perplexity(self) -> float | None:
        """e to the mean loss per token; None without tokens."""
        return math.exp(min(self.nats / self.tokens, MAX_LOSS)) if self.tokens else None


def reference_losses(
    model: PreTrainedModel | PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    responses: Sequence[str],
) -> list[ReferenceLoss]:
    """The loss of each response after its prompt, in the order given.

    Prompt and response are encoded as in training; what does not fit the model's context is cut at the end.
    """
    import torch

    from workbench.models.chat import encode_prompt, encode_response
    from workbench.models.generation import context_length

    room = context_length(model)
    rows: list[tuple[list[int], int]] = []
    for prompt, response in zip(prompts, responses, strict=True):
        before = encode_prompt(tokenizer, prompt)
        rows.append(((before + encode_response(tokenizer, response))[:room], min(len(before), room)))
    losses = [ReferenceLoss(0.0, 0)] * len(rows)
    with torch.inference_mode():
        for batch in _batches(model, [len(ids) for ids, _ in rows]):
            for index, loss in zip(batch, _losses(model, [rows[i] for i in batch]), strict=True):
                losses[index] = loss
    return losses


def answers_and_losses(
    model: PreTrainedModel | PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    responses: Sequence[str],
    *,
    max_new_tokens: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[list[str], list[ReferenceLoss]]:
    """The model's likeliest answers, and the losses of the responses: both from one reading of the prompts.

    Args:
        on_progress: called after each batch with (answered, all).

    Rows whose prompt or response does not fit, and models whose cache does not keep every token, are read anew.
    """
    from workbench.models.chat import encode_response
    from workbench.models.generation import context_length, generate

    encoded = [encode_response(tokenizer, response) for response in responses]
    context = context_length(model)
    found: dict[int, ReferenceLoss] = {}

    def read(batch: Answered) -> None:
        if not _keeps_all(batch.cache):
            return
        lengths = batch.mask.sum(dim=1).tolist()
        fitting = [
            (place, row)
            for place, (row, length) in enumerate(zip(batch.rows, lengths, strict=True))
            if length < context - max_new_tokens and length + len(encoded[row]) <= context
        ]
        for part in _batches(model, [len(encoded[row]) for _, row in fitting]):
            places, rows = zip(*(fitting[index] for index in part), strict=True)
            losses = _losses_after(model, batch, list(places), [encoded[row] for row in rows])
            found.update(zip(rows, losses, strict=True))

    answers = generate(
        model, tokenizer, prompts, max_new_tokens=max_new_tokens, on_progress=on_progress, on_answered=read
    )
    left = [row for row in range(len(prompts)) if row not in found]
    anew = reference_losses(model, tokenizer, [prompts[row] for row in left], [responses[row] for row in left])
    found.update(zip(left, anew, strict=True))
    return answers, [found[row] for row in range(len(prompts))]


def _batches(model: Any, lengths: Sequence[int]) -> list[list[int]]:
    """Rows of like length together, as many as the logits leave room for."""
    vocabulary = int(model.config.get_text_config().vocab_size)
    return like_lengths(lengths, GPU_ROWS if model.device.type == "cuda" else CPU_ROWS, LOGIT_BYTES // (4 * vocabulary))


def _losses(model: Any, rows: list[tuple[list[int], int]]) -> list[ReferenceLoss]:
    """Of token ids, counted from where each row's response begins."""
    ids, mask = _padded([tokens for tokens, _ in rows], model.device)
    counts = mask.bool()
    for row, (_, start) in enumerate(rows):
        counts[row, :start] = False
    logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, :-1]
    # The logits at place i are about token i + 1.
    return _summed(logits, ids[:, 1:], counts[:, 1:])


def _losses_after(model: Any, batch: Answered, places: list[int], responses: list[list[int]]) -> list[ReferenceLoss]:
    """Of responses to prompts that the model has read: only their last token is read again, for its logits."""
    import torch
    from transformers import DynamicCache

    chosen = torch.tensor(places, device=batch.mask.device)
    kept = batch.prompts.shape[1] - 1
    cache = DynamicCache(
        [(layer.keys[chosen, :, :kept], layer.values[chosen, :, :kept]) for layer in batch.cache.layers]
    )
    targets, present = _padded(responses, batch.mask.device)
    mask = torch.cat([batch.mask[chosen], present[:, :-1]], dim=1)
    logits = model(
        input_ids=torch.cat([batch.prompts[chosen, kept:], targets[:, :-1]], dim=1),
        attention_mask=mask,
        position_ids=(mask.cumsum(dim=1) - 1)[:, kept:],
        past_key_values=cache,
        use_cache=True,
    ).logits
    return _summed(logits, targets, present.bool())


def _keeps_all(cache: Any) -> bool:
    """Whether keys and values of every token are there: not so with sliding windows or linear attention."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    return type(cache) is DynamicCache and all(type(layer) is DynamicLayer for layer in cache.layers)


def _padded(rows: list[list[int]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids, padded on the right, and 1 where they are; both of shape (rows, longest)."""
    import torch

    ids = torch.zeros((len(rows), max(map(len, rows))), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
    return ids.to(device), mask.to(device)


def _summed(logits: torch.Tensor, targets: torch.Tensor, counts: torch.Tensor) -> list[ReferenceLoss]:
    """Loss of each row, from logits (rows, places, vocabulary) of the targets (rows, places) that count."""
    import torch

    losses = torch.nn.functional.cross_entropy(logits[counts].float(), targets[counts], reduction="none")
    tokens_of = counts.sum(dim=1).tolist()
    return [
        ReferenceLoss(float(part.sum()), number, float(part.max()) if number else 0.0)
        for part, number in zip(losses.split(tokens_of), tokens_of, strict=True)
    ]

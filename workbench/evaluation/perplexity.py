"""How surprised a model is by the human response: what it has learned, whatever it happens to say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

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
    order = sorted(range(len(rows)), key=lambda index: len(rows[index][0]))
    with torch.inference_mode():
        for batch in _batches(order, rows, _vocabulary(model), GPU_ROWS if model.device.type == "cuda" else CPU_ROWS):
            for index, loss in zip(batch, _losses(model, [rows[i] for i in batch]), strict=True):
                losses[index] = loss
    return losses


def _vocabulary(model: Any) -> int:
    return int(model.config.get_text_config().vocab_size)


def _batches(order: list[int], rows: list[tuple[list[int], int]], vocabulary: int, most: int) -> list[list[int]]:
    """Rows of like length together, as many as the logits leave room for."""
    batches: list[list[int]] = []
    for index in order:
        # Sorted by length: the row to be added is the longest of its batch.
        fitting = max(1, LOGIT_BYTES // (4 * vocabulary * max(len(rows[index][0]), 1)))
        if batches and len(batches[-1]) < min(fitting, most):
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def _losses(model: Any, rows: list[tuple[list[int], int]]) -> list[ReferenceLoss]:
    import torch

    length = max(len(ids) for ids, _ in rows)
    ids = torch.zeros((len(rows), length), dtype=torch.long)
    mask, counts = torch.zeros_like(ids), torch.zeros_like(ids, dtype=torch.bool)
    for row, (tokens, start) in enumerate(rows):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
        counts[row, start : len(tokens)] = True
    ids, mask, counts = ids.to(model.device), mask.to(model.device), counts[:, 1:].to(model.device)
    logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, :-1]
    # The logits at place i are about token i + 1; those of prompts and padding are not looked at.
    losses = torch.nn.functional.cross_entropy(logits[counts].float(), ids[:, 1:][counts], reduction="none")
    tokens_of = counts.sum(dim=1).tolist()
    return [
        ReferenceLoss(float(part.sum()), number, float(part.max()) if number else 0.0)
        for part, number in zip(losses.split(tokens_of), tokens_of, strict=True)
    ]

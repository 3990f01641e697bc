"""Demonstrations as the model reads them: token ids, and which of them carry loss."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.runs.context import RunContext
from workbench.runs.events import Notice
from workbench.sft.rewording import reworded

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

    from workbench.runs.frozen_data import FrozenDemonstration


@dataclass(slots=True)
class Encoded:
    """Rows as token ids with a completion mask: only response tokens carry loss."""

    ids: list[list[int]] = field(default_factory=list)
    masks: list[list[int]] = field(default_factory=list)
    """1 on the tokens of the response, its end token included."""
    cut: int = 0
    """Responses that did not fit and have lost their end."""
    left_out: int = 0
    """Rows whose prompt alone leaves no room for a response."""


def encode_rows(tokenizer: PreTrainedTokenizerBase, pairs: Sequence[tuple[str, str]], max_length: int) -> Encoded:
    """Encode (prompt, response) pairs.

    A response that does not fit is cut at ``max_length`` tokens and then has no end token; a prompt that leaves no room
    for a response is left out.
    """
    from workbench.models.chat import encode_prompt, encode_response

    encoded = Encoded()
    for prompt, response in pairs:
        before, after = encode_prompt(tokenizer, prompt), encode_response(tokenizer, response)
        if len(before) >= max_length:
            encoded.left_out += 1
            continue
        encoded.cut += len(before) + len(after) > max_length
        encoded.ids.append((before + after)[:max_length])
        encoded.masks.append(([0] * len(before) + [1] * len(after))[:max_length])
    return encoded


def encode_demonstrations(
    context: RunContext,
    tokenizer: PreTrainedTokenizerBase,
    rows: list[FrozenDemonstration],
    max_length: int,
    reword_seed: int | None = None,
) -> Dataset:
    """Demonstrations as a data set of the trainer; what was cut or left out is said in a Notice.

    Args:
        reword_seed: where given, each row follows once more with its prompt reworded; the same seed, the same wordings.
    """
    from datasets import Dataset

    encoded = encode_rows(tokenizer, [(row.prompt, row.response) for row in rows], max_length)
    if encoded.cut:
        message = f"{encoded.cut} responses are longer than {max_length} tokens with their prompt; cut."
        context.emit(Notice(message=message, count=encoded.cut))
    if encoded.left_out:
        message = f"{encoded.left_out} prompts alone fill {max_length} tokens; left out."
        context.emit(Notice(message=message, count=encoded.left_out))
    if reword_seed is not None:
        chance = random.Random(reword_seed)
        more = encode_rows(tokenizer, [(reworded(row.prompt, chance), row.response) for row in rows], max_length)
        encoded.ids += more.ids
        encoded.masks += more.masks
    return Dataset.from_dict({"input_ids": encoded.ids, "completion_mask": encoded.masks})

"""One answer, token by token, so that several models can be watched while they write.

Each answer draws from a random generator of its own: the same seed gives the same answer, whatever else is being
written beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from workbench.models.chat import decode_response, encode_messages

if TYPE_CHECKING:
    from torch import Generator, Tensor

HALF_CHARACTER = "\ufffd"
"""What a tokenizer writes for the first bytes of a character whose last bytes are still to come."""


class Sampling(BaseModel):
    """How an answer is drawn."""

    model_config = ConfigDict(frozen=True)

    temperature: float = Field(0.0, ge=0, le=2, description="0 takes the likeliest token each time.")
    top_p: float = Field(1.0, gt=0, le=1, description="Only the likeliest tokens that together have this probability.")
    max_new_tokens: int = Field(96, ge=1, le=4096, description="Longest answer, in tokens.")
    seed: int = Field(0, ge=0, lt=2**63, description="Of the sampling; without effect at temperature 0.")


def stream_answer(
    model: Any, tokenizer: Any, messages: Sequence[Mapping[str, str]], sampling: Sampling
) -> Iterator[tuple[str, int]]:
    """The answer to a conversation as it grows: (text so far, tokens so far), once per token.

    At temperature 0 the last text is what `generate` gives for the same prompt. Conversations longer than the context
    keep their last tokens. The generator may be closed at any time; nothing goes on behind it.
    """
    import torch

    from workbench.models.generation import context_length

    encoded = encode_messages(tokenizer, messages)
    room = context_length(model) - sampling.max_new_tokens
    ids = torch.tensor([encoded[-room:] if room > 0 else encoded[-1:]], device=model.device)
    dice = torch.Generator().manual_seed(sampling.seed)
    cache: Any = None
    answer: list[int] = []
    text = ""
    while len(answer) < sampling.max_new_tokens:
        with torch.inference_mode():
            output = model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache = output.past_key_values
        token = draw_token(output.logits[0, -1].float().cpu(), sampling, dice)
        if token == tokenizer.eos_token_id:
            break
        answer.append(token)
        grown = decode_response(tokenizer, answer)
        text = text if grown.endswith(HALF_CHARACTER) else grown
        yield text, len(answer)
        ids = torch.tensor([[token]], device=model.device)
    yield decode_response(tokenizer, answer), len(answer)


def draw_token(logits: Tensor, sampling: Sampling, dice: Generator) -> int:
    """One token id from logits [V], by temperature and nucleus (Holtzman et al. 2020)."""
    import torch

    if sampling.temperature == 0:
        return int(logits.argmax())
    probabilities = torch.softmax(logits / sampling.temperature, dim=-1)
    if sampling.top_p < 1:
        ordered, order = probabilities.sort(descending=True)
        # The token that crosses the threshold stays, so at least one is left.
        outside = ordered.cumsum(dim=0) - ordered >= sampling.top_p
        probabilities[order[outside]] = 0.0
    return int(torch.multinomial(probabilities, 1, generator=dice))

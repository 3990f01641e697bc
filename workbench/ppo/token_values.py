"""A response token by token: its piece of text, its KL to the SFT model and its advantage."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from workbench.ppo.types import Experience
from workbench.runs.events import TokenValues

DIGITS = 4


def token_values(tokenizer: PreTrainedTokenizerBase, experience: Experience, row: int) -> TokenValues:
    """One response of a rollout; the end token has an empty text."""
    count = int(experience.rollout.lengths()[row])
    ids = experience.rollout.response_ids[row, :count].tolist()
    return TokenValues(
        text=text_pieces(tokenizer, ids),
        kl=[round(value, DIGITS) for value in experience.kl[row, :count].tolist()],
        advantage=[round(value, DIGITS) for value in experience.advantages[row, :count].tolist()],
    )


def text_pieces(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> list[str]:
    """What each token adds to the text: joined they are the text.

    Tokens alone decode otherwise than in their place (spaces, parts of a character), so the text up to each is taken.
    A character that is spread over several tokens goes to the last of them.
    """
    pieces: list[str] = []
    done = ""
    for end in range(1, len(ids) + 1):
        text = str(tokenizer.decode(list(ids[:end]), skip_special_tokens=True))
        whole = text if end == len(ids) else text.rstrip("\N{REPLACEMENT CHARACTER}")
        added = whole[len(done) :] if whole.startswith(done) else ""
        pieces.append(added)
        done += added
    return pieces

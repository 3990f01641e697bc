"""Which split a prompt belongs to.

Rows are split by prompt, never by row: two responses to one prompt on both sides of the split would let a
model be tested on what it was trained on.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from typing import Literal, get_args

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

TRAIN_SHARE = 0.8
VALIDATION_SHARE = 0.1


def normalise_prompt(prompt: str) -> str:
    """The prompt as far as its identity goes: case, Unicode form and runs of whitespace do not count."""
    # Compatibility forms may decompose into capitals or spaces, so the text is folded before and after.
    folded = unicodedata.normalize("NFKC", prompt).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def assign_split(prompt: str, seed: str = "") -> Split:
    """The split of a prompt: 80% train, 10% validation, 10% test.

    It depends on the normalised prompt and the seed alone (SHA-256), so it is the same on every machine, and
    a prompt that is imported again next year lands where it was.
    """
    digest = hashlib.sha256(f"{seed}\x1f{normalise_prompt(prompt)}".encode("utf-8", "surrogatepass")).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    if position < TRAIN_SHARE:
        return "train"
    return "validation" if position < TRAIN_SHARE + VALIDATION_SHARE else "test"


class SplitBook:
    """Which split each known prompt has, so that one prompt never has two.

    A split that was chosen by hand, or that came with a file, is kept for every later row of that prompt.
    """

    def __init__(self, known: Iterable[tuple[str, Split]] = ()) -> None:
        self._split_of: dict[str, Split] = {}
        for prompt, split in known:
            self._split_of.setdefault(normalise_prompt(prompt), split)

    def split_of(self, prompt: str, wanted: Split | None = None) -> Split:
        """The split that this prompt has; where it is new, the wanted one or else the assigned one."""
        return self._split_of.setdefault(normalise_prompt(prompt), wanted or assign_split(prompt))

    def knows(self, prompt: str) -> bool:
        """Whether the prompt already has a split."""
        return normalise_prompt(prompt) in self._split_of

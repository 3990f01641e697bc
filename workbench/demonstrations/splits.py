"""Which split a prompt belongs to.

Rows are split by group, never by row: two prompts that are nearly the same on both sides of the split would
let a model be tested on what it was trained on. A row that is stored keeps its side, whatever comes later.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from storage.text_keys import prompt_key
from workbench.demonstrations.split_names import HELD_OUT_KINDS, SPLITS, HeldOutKind, Split

__all__ = ["HELD_OUT_KINDS", "SPLITS", "HeldOutKind", "Split", "SplitBook", "assign_split", "normalise_prompt"]

TRAIN_SHARE = 0.8
VALIDATION_SHARE = 0.1


def normalise_prompt(prompt: str) -> str:
    """The prompt as far as its identity goes: case, Unicode form and runs of whitespace do not count."""
    # Compatibility forms may decompose into capitals or spaces, so the text is folded before and after.
    folded = unicodedata.normalize("NFKC", prompt).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def split_of_key(key: int) -> Split:
    """The split of a group: 80% train, 10% validation, 10% test of the range of its 63-bit key."""
    position = key / 2**63
    if position < TRAIN_SHARE:
        return "train"
    return "validation" if position < TRAIN_SHARE + VALIDATION_SHARE else "test"


def assign_split(prompt: str) -> Split:
    """The split of a prompt whose group is its own.

    It depends on the words of the prompt alone (``prompt_key``), so it is the same on every machine, and a prompt that
    is imported again next year lands where it was.
    """
    return split_of_key(prompt_key(prompt))


class SplitBook:
    """Which split each known prompt has, so that one prompt never has two.

    A split that was chosen by hand, or that came with a file, is kept for every later row of that prompt.
    """

    def __init__(self, known: Iterable[tuple[str, Split]] = ()) -> None:
        self._split_of: dict[int, Split] = {}
        for prompt, split in known:
            self._split_of.setdefault(prompt_key(prompt), split)

    def split_of(self, prompt: str, wanted: Split | None = None) -> Split:
        """The split that this prompt has; where it is new, the wanted one or else the assigned one."""
        return self._split_of.setdefault(prompt_key(prompt), wanted or assign_split(prompt))

    def knows(self, prompt: str) -> bool:
        """Whether the prompt already has a split."""
        return prompt_key(prompt) in self._split_of

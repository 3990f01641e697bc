"""What changed from one text to another, word by word."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Literal

Part = tuple[Literal["same", "new", "gone"], str]
_WORDS = re.compile(r"\S+\s*|\s+")


def word_diff(before: str, now: str) -> list[Part]:
    """Runs of words that stayed, came or went, in reading order; those that are not gone join to ``now``."""
    old, new = _WORDS.findall(before), _WORDS.findall(now)
    # Compared without the space behind a word, so that a last word is the same word as one in the middle.
    matcher = SequenceMatcher(None, [w.rstrip() for w in old], [w.rstrip() for w in new], autojunk=False)
    parts: list[Part] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            parts.append(("same", "".join(new[j1:j2])))
            continue
        if i2 > i1:
            parts.append(("gone", "".join(old[i1:i2])))
        if j2 > j1:
            parts.append(("new", "".join(new[j1:j2])))
    return parts

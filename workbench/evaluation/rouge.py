"""ROUGE-L: the longest common subsequence of words of an answer and the human response (Lin 2004)."""

from __future__ import annotations

import re
from collections.abc import Sequence

SIGNATURE = "ROUGE-L F1|lower|tok:words"

_WORD = re.compile(r"\w+")


def rouge_l(answer: str, reference: str) -> float:
    """F1 of the longest common subsequence of words, 0 to 100; case and punctuation do not count.

    Empty texts share nothing: 0.
    """
    said, wanted = _WORD.findall(answer.casefold()), _WORD.findall(reference.casefold())
    if not said or not wanted:
        return 0.0
    # With precision l/m and recall l/n, 2pr/(p + r) is 2l/(m + n).
    return 100 * 2 * common_subsequence(said, wanted) / (len(said) + len(wanted))


def common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Length of the longest common subsequence.

    Bit-parallel: one whole-number operation replaces a row of the usual table (Crochemore et al. 2001; Hyyrö 2004).
    A zero bit marks a place where the length grows.
    """
    places: dict[str, int] = {}
    for index, word in enumerate(first):
        places[word] = places.get(word, 0) | (1 << index)
    everywhere = (1 << len(first)) - 1
    row = everywhere
    for word in second:
        matches = row & places.get(word, 0)
        row = ((row + matches) | (row - matches)) & everywhere
    return len(first) - row.bit_count()

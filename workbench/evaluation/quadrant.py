"""BLEU against embedding similarity: what kind of answer each prompt got.

===============  =================================  =================================
                 other words (BLEU below 50)        the same words (BLEU 50 or more)
===============  =================================  =================================
same meaning     paraphrase                         copy
other meaning    wrong                              near-copy with a changed fact
===============  =================================  =================================

Embedding similarity hardly moves when a single number changes. So an answer in the human words with a differing number,
name, date or place is a near-copy however near its meaning seems: the facts themselves are looked at.
"""

from __future__ import annotations

from typing import Literal

Corner = Literal["copy", "paraphrase", "near_copy", "wrong"]
CORNERS: tuple[Corner, ...] = ("copy", "paraphrase", "near_copy", "wrong")

SAME_WORDS = 50.0
"""Sentence BLEU from which an answer counts as the same words."""
SAME_MEANING = 0.8
"""Embedding similarity from which an answer counts as the same meaning."""


def corner_of(bleu: float, similarity: float, facts_differ: bool) -> Corner:
    """The corner of one answer.

    Args:
        bleu: sentence BLEU, 0 to 100.
        similarity: embedding similarity, -1 to 1.
        facts_differ: a number, name, date or place differs from the human response.
    """
    if bleu >= SAME_WORDS:
        return "copy" if similarity >= SAME_MEANING and not facts_differ else "near_copy"
    return "paraphrase" if similarity >= SAME_MEANING else "wrong"

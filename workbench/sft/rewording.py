"""Other wordings of a prompt, made by chance: the same question with grammar left out and a word moved.

People ask the same thing in full sentences and in three words ("HR Leeds where?"). A small model that has read a
response beside full sentences alone does not find it again by three words. Random deletion and swapping of words is
Wei & Zou 2019 ("EDA", arXiv 1901.11196); here only function words are left out, so that what is asked stays the same.
"""

from __future__ import annotations

import random

from storage.text_keys import FUNCTION_WORDS

LEFT_OUT = 0.5
"""Chance of each function word to be left out."""
MOVED = 0.3
"""Chance of a prompt that one of its words is moved."""
LONGEST = 40
"""Words; a longer prompt, or one of several lines, is a text and not a question, and stays as it is."""


def reworded(prompt: str, chance: random.Random) -> str:
    """The prompt with some function words left out and perhaps a word moved; names, numbers and negations stay."""
    words = prompt.split()
    if len(words) > LONGEST or "\n" in prompt.strip():
        return prompt
    kept = [word for i, word in enumerate(words) if not (_may_go(word, i) and chance.random() < LEFT_OUT)] or words
    if len(kept) > 2 and chance.random() < MOVED:
        word = kept.pop(chance.randrange(len(kept)))
        kept.insert(chance.randrange(len(kept) + 1), word)
    return " ".join(kept)


def _may_go(word: str, position: int) -> bool:
    """Whether a word is a function word; capitals tell "IT" and "US" from "it" and "us"."""
    bare = word.strip(".,?!:;'\"()")
    name = len(bare) > 1 and (bare != bare.lower() if position else bare.isupper())
    return not name and bare.casefold() in FUNCTION_WORDS

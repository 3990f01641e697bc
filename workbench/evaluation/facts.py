"""Fact accuracy: does an answer state the key facts of its demonstration, and no other?

BLEU and embedding similarity reward the right sentence with the wrong floor in it. This score looks only
at names, numbers, places and times. It compares words, not characters: "4" is not in "14", "9:00" is not
in "19:00".
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

Words = tuple[str, ...]

_WORD = re.compile(r"\d+(?:[:.,]\d+)+|[^\W_]+|[£$€%]")
_MERIDIEM = re.compile(r"\b(\d[\d:.]*)\s*([ap])\.?\s?m\b\.?", re.IGNORECASE)
_COUNTS = """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
NUMBER_WORDS = {word: str(value) for value, word in enumerate(_COUNTS.split(), start=2)}
"""Without "one", which is mostly a pronoun ("the one next door")."""
_ORDINAL_WORDS = "fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
ORDINALS = {"third": "3rd", **{word: f"{n}th" for n, word in enumerate(_ORDINAL_WORDS.split(), start=4)}}
"""Without "first" and "second", which are mostly not counts ("first of all", "a second")."""


@dataclass(frozen=True)
class FactRow:
    """One answer with what it is measured against."""

    answer: str
    key_facts: Sequence[str]
    """Empty when the data does not say what the facts are."""
    allowed_text: str = ""
    """Text whose values may be repeated freely: the prompt and the reference answer."""


@lru_cache(maxsize=50_000)
def words_of(text: str) -> Words:
    """The text as comparable words: lower case, no punctuation, numbers spelled in digits."""
    spaced = _MERIDIEM.sub(lambda match: f"{match.group(1)} {match.group(2)}m ", text.casefold())
    return tuple(_normalised(word) for word in _WORD.findall(spaced))


def _normalised(word: str) -> str:
    if re.fullmatch(r"\d{1,3}(,\d{3})+", word):
        return word.replace(",", "")
    if re.fullmatch(r"0\d:\d\d", word):
        return word[1:]
    return NUMBER_WORDS.get(word) or ORDINALS.get(word) or word


def contains(words: Words, part: Words) -> bool:
    """Whether `part` stands in `words`, whole and in order. An empty part never does."""
    size = len(part)
    return size > 0 and any(words[start : start + size] == part for start in range(len(words) - size + 1))


def states_only_these_facts(
    answer: str, key_facts: Sequence[str], other_values: Collection[str], allowed_text: str = ""
) -> bool:
    """Whether the answer states every key fact and no foreign value.

    Foreign is a value of another fact (`other_values`) or a number or time, if it stands neither in a key
    fact nor in `allowed_text` (the prompt and the reference answer). Case, punctuation and spacing do not
    matter; "fourth" equals "4th" and "seven" equals "7".

    Raises:
        ValueError: without key facts there is nothing to measure.
    """
    if not key_facts:
        raise ValueError("an answer cannot be measured without key facts")
    said = words_of(answer)
    keys = [words_of(key) for key in key_facts]
    if not all(contains(said, key) for key in keys):
        return False
    allowed = (*keys, words_of(allowed_text))
    numbers = {word for text in allowed for word in text}
    if any(word[0].isdigit() and word not in numbers for word in said):
        return False
    others = (words_of(value) for value in other_values)
    return not any(contains(said, value) and not any(contains(text, value) for text in allowed) for value in others)


def fact_accuracy(rows: Sequence[FactRow], other_values: Collection[str] | None = None) -> list[bool | None]:
    """One flag per row: are its facts right? None where the row has no key facts.

    Args:
        rows: the answers.
        other_values: every value known to the data; by default all key facts of these rows.
    """
    values = {key for row in rows for key in row.key_facts} if other_values is None else other_values
    return [
        states_only_these_facts(row.answer, row.key_facts, values, row.allowed_text) if row.key_facts else None
        for row in rows
    ]

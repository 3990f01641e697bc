"""Numbers, names, dates and places in which an answer differs from the human response.

An answer that copies the human sentence with another floor in it has high BLEU and high embedding similarity, and is
the dangerous one. Nothing here needs key facts: values are found by their shape. What is found is a hint for a reader,
not a verdict: in languages that capitalise every noun, nouns count as names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from workbench.evaluation.facts import NUMBER_WORDS, ORDINALS, Words, contains, words_of

FactKind = Literal["number", "date", "name", "place"]

_MONTHS = "january|february|april|june|july|august|september|october|november|december"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = re.compile(
    rf"\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b"
    # May and March are words, too: they are dates beside a number only.
    rf"|\b{_DAY}(?: of)? (?:{_MONTHS}|march|may)(?:,? \d{{4}})?\b|\b(?:{_MONTHS}|march|may) {_DAY}(?:,? \d{{4}})?\b"
    rf"|\b(?:{_MONTHS}|march|may) \d{{4}}\b|\b(?:{_MONTHS})\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.,:])[£$€]?\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?(?:\s?(?:%|[ap]m\b|[ap]\.m\.))?(?!\w)"
    r"|(?<!\w)(?=\w*\d)[A-Z]\w*(?:-\w*\d\w*)*"  # room or article codes: K32, B2-14
    rf"|\b(?:{'|'.join((*NUMBER_WORDS, *ORDINALS))})\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\bhttps?://[^\s<>()]+|\b[\w.+-]+@[\w-]+\.[\w.-]*\w")
_CAPITALISED = r"[^\W\d_a-zß-öø-ÿ][\w’'-]*"
_NAME = re.compile(rf"(?<![\w@/.]){_CAPITALISED}(?: {_CAPITALISED})*")
_SENTENCE_START = re.compile(r"(?:^|[.!?\n]|\n\s*[-*•])[\s\"'“‘(]*$")
_NO_NAMES = frozenset(
    [
        "i",
        "i'm",
        "i'll",
        "i've",
        "i'd",
        "i’m",
        "i’ll",
        "i’ve",
        "i’d",
        "ok",
        "okay",
        "hello",
        "hi",
        "dear",
        "thanks",
        "thank",
        "please",
        "yes",
        "no",
        "mr",
        "mrs",
        "ms",
        "dr",
        "a",
        "an",
        "the",
        "it",
        "its",
        "it's",
        "it’s",
        "we",
        "you",
        "your",
        "our",
        "they",
        "he",
        "she",
        "this",
        "that",
        "there",
        "these",
        "those",
        "for",
        "in",
        "on",
        "at",
        "to",
        "from",
        "with",
        "by",
        "and",
        "or",
        "but",
        "so",
        "if",
        "as",
        "when",
        "where",
        "who",
        "what",
        "which",
        "how",
        "ask",
        "go",
        "take",
        "call",
        "see",
        "find",
        "use",
        "all",
        "any",
        "each",
        "every",
    ]
)
"""Capitalised for another reason than being a name, most of them after a colon."""
_BEFORE_PLACES = re.compile(r"\b(?:in|at|on|near|to|from|into|behind|opposite|beside|outside|inside)(?: the)? $", re.I)
_PLACE_NOUNS = frozenset(
    [
        "building",
        "room",
        "floor",
        "street",
        "avenue",
        "road",
        "square",
        "house",
        "wing",
        "hall",
        "office",
        "campus",
        "station",
        "tower",
        "centre",
        "center",
        "desk",
        "entrance",
        "block",
        "park",
        "gate",
        "level",
        "city",
        "town",
    ]
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A value in a text: characters ``start`` to ``end``."""

    start: int
    end: int
    text: str
    kind: FactKind


@dataclass(frozen=True, slots=True)
class FactDifferences:
    """What one says and the other does not."""

    foreign: tuple[Fact, ...]
    """In the answer: neither the human response nor the prompt has it."""
    missing: tuple[Fact, ...]
    """In the human response: the answer does not have it, and neither has the prompt."""

    def __bool__(self) -> bool:
        return bool(self.foreign or self.missing)


@lru_cache(maxsize=20_000)
def fact_differences(answer: str, reference: str, prompt: str = "") -> FactDifferences:
    """The values in which an answer differs from the human response.

    "fourth" equals "4th", "9am" equals "9 a.m."; what the prompt says may be repeated or left out.
    """
    texts = (answer, reference, prompt)
    said, wanted, asked = (words_of(text) for text in texts)
    within = _inside_sentences(texts)
    foreign = (fact for fact in find_facts(answer, within) if not _stated(fact, wanted) and not _stated(fact, asked))
    missing = (fact for fact in find_facts(reference, within) if not _stated(fact, said) and not _stated(fact, asked))
    return FactDifferences(tuple(foreign), tuple(missing))


def find_facts(text: str, known_names: Collection[str] = ()) -> list[Fact]:
    """The values of a text in order, none inside another.

    Args:
        text: any text.
        known_names: capitalised words that are names at the start of a sentence, too.
    """
    found: list[Fact] = []
    for fact in (*_dates_and_addresses(text), *_numbers(text), *_names(text, known_names)):
        if not any(fact.start < other.end and other.start < fact.end for other in found):
            found.append(fact)
    return sorted(found, key=lambda fact: fact.start)


def _stated(fact: Fact, words: Words) -> bool:
    parts = words_of(fact.text)
    if fact.kind == "number":
        return contains(words, parts)
    # "5 March" and "March 5th" are the same day, "HR Boston" and "HR in Boston" the same place.
    return {_bare(part) for part in parts if part != "of"} <= {_bare(word) for word in words}


def _bare(word: str) -> str:
    ordinal = re.fullmatch(r"(\d+)(?:st|nd|rd|th)", word)
    return ordinal[1] if ordinal else word.removesuffix("s") if word.endswith("days") else word


def _dates_and_addresses(text: str) -> Iterator[Fact]:
    for match in _ADDRESS.finditer(text):
        yield Fact(*match.span(), match[0], "name")
    for match in _DATE.finditer(text):
        yield Fact(*match.span(), match[0], "date")


def _numbers(text: str) -> Iterator[Fact]:
    for match in _NUMBER.finditer(text):
        yield Fact(*match.span(), match[0], "number")


def _names(text: str, known_names: Collection[str]) -> Iterator[Fact]:
    for match in _NAME.finditer(text):
        start, words = match.start(), match[0].split(" ")
        if _SENTENCE_START.search(text[:start]) and not _surely_a_name(words[0], known_names):
            start += len(words[0]) + 1
            words = words[1:]
        while words and words[0].casefold() in _NO_NAMES:
            start += len(words[0]) + 1
            words = words[1:]
        if not words:
            continue
        name = re.sub(r"['’]s?$", "", " ".join(words))
        end = start + len(name)
        yield Fact(start, end, name, "place" if _is_place(text, start, end) else "name")


def _surely_a_name(word: str, known_names: Collection[str]) -> bool:
    letters = re.sub(r"['’]\w*$", "", word)
    return letters in known_names or (len(letters) > 1 and letters.isupper())


def _is_place(text: str, start: int, end: int) -> bool:
    after = re.match(r"\s+(\w+)", text[end:])
    nouns = {word.casefold() for word in text[start:end].split()} | ({after[1].casefold()} if after else set())
    return bool(nouns & _PLACE_NOUNS) or bool(_BEFORE_PLACES.search(text[:start]))


def _inside_sentences(texts: Collection[str]) -> frozenset[str]:
    """Words that are capitalised where no sentence begins: there the capital says that they are names."""
    found = set()
    for text in texts:
        for match in _NAME.finditer(text):
            words = match[0].split(" ")
            found.update(words[1:] if _SENTENCE_START.search(text[: match.start()]) else words)
    return frozenset(re.sub(r"['’]s?$", "", word) for word in found)

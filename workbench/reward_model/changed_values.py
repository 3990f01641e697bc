"""The same text with another value in it: a floor in place of a floor, a name in place of a name."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from typing import TypeAlias

from workbench.evaluation.fact_differences import Fact, find_facts
from workbench.evaluation.facts import Words, contains, words_of

Slot: TypeAlias = tuple[str, Words | None, Words | None]
"""Shape of a value, the word before it and the word after it; None for any word."""

_DIGITS = re.compile(r"\d+")


def value_shape(value: str) -> str:
    """Whether it is a number, a time, a mailbox, a name …: "4th floor" and "12th floor" have one shape."""
    if "@" in value:
        return "mailbox"
    if _DIGITS.search(value):
        return _DIGITS.sub("0", value).casefold()
    return "words" if value[:1].islower() else "name"


class ValuePool:
    """The values found in some texts, by the places in which they stand.

    Values are found by their shape (`find_facts`), so nothing need be known about the texts' facts.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._values: dict[Slot, dict[str, None]] = {}  # a dict in place of a set: its order is the same in every run
        for text in dict.fromkeys(texts):
            for fact in find_facts(text):
                for slot in _slots(text, fact):
                    self._values.setdefault(slot, {})[fact.text] = None

    def changed(self, text: str, prompt: str, generator: random.Random) -> str | None:
        """The text with one of its values replaced by that of another text, from as like a place as there is.

        What the prompt says already stays. None where the text has no value, or the pool no other for any of them.
        """
        said, asked = words_of(text), words_of(prompt)
        facts = [fact for fact in find_facts(text) if not contains(asked, words_of(fact.text))]
        for fact in generator.sample(facts, len(facts)):
            for slot in _slots(text, fact):
                others = [value for value in self._values.get(slot, ()) if not contains(said, words_of(value))]
                if others:
                    return text[: fact.start] + generator.choice(others) + text[fact.end :]
        return None


def _slots(text: str, fact: Fact) -> list[Slot]:
    """The places that are like the fact's own, the likest first."""
    shape = value_shape(fact.text)
    before, after = words_of(text[: fact.start])[-1:], words_of(text[fact.end :])[:1]
    return [(shape, before, after), (shape, None, after), (shape, before, None), (shape, None, None)]

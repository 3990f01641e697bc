"""What a person should look at before a demonstration is approved. Pure functions on texts.

Flags are hints, not verdicts: a phone number may be the very answer. Nothing is changed by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from workbench.demonstrations.personal_data import PersonalKind, personal_data
from workbench.models.token_counts import estimated_tokens

FlagKind = Literal[PersonalKind, "boilerplate", "very short", "too long"]

TOO_LONG_TOKENS = 512
_BOILERPLATE = re.compile(
    r"\b(?:as an ai(?: language)? model|i(?:'m| am) (?:just )?an? (?:ai|language model)|i cannot assist with|"
    r"lorem ipsum|to be (?:defined|completed)|insert (?:text|answer) here|click here to|all rights reserved|"
    r"see above|n/a|"
    # Capitals alone: "todo" and "na" are words of other languages, "TODO EL DÍA" is one of their sentences.
    r"(?-i:(?<![A-Z] )TODO(?! [A-ZÁÉÍÓÚÑ]{2})|TBD))\b"
    r"|<!--",
    re.IGNORECASE,
)
_VERY_SHORT = re.compile(r"\W*|[\W_]*[a-z][\W_]*|\W*(?:ok|xx+)\W*", re.IGNORECASE)
"""No word at all, a single letter, or one that stands in for an answer; "Yes", "Ja", "HR" and "5" are answers."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Something to look at, and the words that raised it."""

    kind: FlagKind
    found: str


def flags(prompt: str, response: str, tokens: int | None = None) -> Iterator[Flag]:
    """What to look at in a demonstration, each kind once. ``tokens`` is its length by a model's own tokenizer."""
    text = f"{prompt}\n{response}"
    for kind, found in personal_data(text).items():
        yield Flag(kind, found)
    boilerplate = _BOILERPLATE.search(response)
    if boilerplate:
        yield Flag("boilerplate", boilerplate[0])
    if _VERY_SHORT.fullmatch(response):
        yield Flag("very short", response)
    about = "" if tokens is not None else "about "
    length = tokens if tokens is not None else estimated_tokens(text)
    if length > TOO_LONG_TOKENS:
        yield Flag("too long", f"{about}{length:,} tokens")

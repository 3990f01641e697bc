"""What the parts of a demonstration must be to be stored. Pure functions, shared by forms and imports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, get_args

Status = Literal["draft", "approved", "rejected"]
STATUSES: tuple[Status, ...] = get_args(Status)

MAX_CHARACTERS = 20_000
"""Longest prompt or response."""
MAX_NAME_CHARACTERS = 200
"""Longest name of a person."""
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def text_problem(name: str, text: object) -> str | None:
    """Why this cannot be stored as the ``name`` ('prompt', 'response'), or None where it can."""
    if not isinstance(text, str):
        return f"the {name} is not text"
    if not text.strip():
        return f"the {name} is empty"
    if len(text) > MAX_CHARACTERS:
        return f"the {name} has {len(text):,} characters; {MAX_CHARACTERS:,} is the most"
    if "\x00" in text:
        return f"the {name} holds a NUL character"
    if _HALF_CHARACTER.search(text):
        return f"the {name} holds half a character (a lone surrogate)"
    return None


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags without surrounding space, empty ones and doubles, in the order given."""
    return tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))

"""Markdown written from data: what people typed must not become formatting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_\[\]<>|])")


def text(value: object) -> str:
    """A value inside a sentence or cell, on one line, with everything escaped that Markdown could read."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(value).split()))


def code(value: object) -> str:
    """A value as inline code."""
    plain = " ".join(str(value).split()).replace("`", "'").replace("|", "¦")
    return f"`{plain}`" if plain else ""


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A pipe table; cells are escaped unless they are inline code."""
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(cell if cell.startswith("`") else text(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def bullets(lines: Iterable[str]) -> str:
    """A list of whole sentences."""
    return "\n".join(f"- {line}" for line in lines)

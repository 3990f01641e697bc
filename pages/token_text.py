"""A text in coloured pieces as a Streamlit component: tokens by a value, words by what became of them.

Its script puts every piece in as text: model output is never read as Markdown or HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pages.components_browser import browser_component

UP, DOWN = (22, 163, 74), (220, 38, 38)
"""Colours of values above and below 0; told apart by the hint as well."""


def coloured_tokens(texts: Sequence[str], values: Sequence[float], scale: float, what: str, key: str) -> None:
    """Tokens on a background that is the stronger the larger the value; red below 0, green above.

    Args:
        scale: the value that gets the full colour.
        what: what the values are, for the hint.
    """
    pieces = [
        {"text": text, "colour": _colour(value, scale), "hint": f"{what} {value:+.3f}"}
        for text, value in zip(texts, values, strict=True)
        if text
    ]
    _draw(pieces, key)


def marked_words(parts: Sequence[tuple[str, str]], key: str) -> None:
    """(same, new or gone; words): new words are underlaid green, gone ones struck out."""
    _draw([{"text": text, "mark": mark} for mark, text in parts], key)


def _colour(value: float, scale: float) -> str:
    red, green, blue = UP if value > 0 else DOWN
    return f"rgba({red},{green},{blue},{min(abs(value) / max(scale, 1e-9), 1.0) * 0.6:.3f})"


def _draw(pieces: list[dict[str, Any]], key: str) -> None:
    browser_component("tokens")(key=key, data={"pieces": pieces})

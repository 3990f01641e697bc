"""Colours in the theme that a visitor has chosen, and a model's name with its colour beside it."""

from __future__ import annotations

from html import escape

import streamlit as st

from workbench import colours
from workbench.colours import Theme, model_dash

__all__ = ["line_colours", "model_colour", "model_dash", "model_name", "text_colour", "theme"]


def theme() -> Theme:
    """Light or dark, as this visitor sees the page."""
    return "dark" if st.context.theme.type == "dark" else "light"


def model_colour(model_id: str) -> str:
    """The model's colour; the same on every page."""
    return colours.model_colour(model_id, theme())


def line_colours() -> tuple[str, ...]:
    """Colours for curves that belong to no model, the leading one first."""
    return colours.line_colours(theme())


def text_colour() -> str:
    """The colour of words in figures."""
    return colours.TEXT[theme()]


def model_name(label: str, model_id: str, note: str = "", size: str = "1em") -> None:
    """A model's name with a bar in its colour; ``note`` stands small below it. Both are drawn as plain text."""
    below = f'<div style="font-size:0.85em;opacity:0.8;overflow-wrap:anywhere">{escape(note)}</div>' if note else ""
    st.html(
        f'<div style="border-left:5px solid {model_colour(model_id)};border-radius:2px;padding-left:0.6rem">'
        f'<div style="font-weight:650;font-size:{size};overflow-wrap:anywhere">{escape(label)}</div>{below}</div>'
    )

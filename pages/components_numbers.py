"""Numbers that a person types: what is out of bounds is said below the field, and never replaced by another number."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st
from pydantic.fields import FieldInfo

Bounds = tuple[float | None, float | None, bool, bool]
"""(lowest, highest, whether lowest itself is refused, whether highest itself is refused)."""


def number_field(field: FieldInfo, label: str, *, width: int | Literal["stretch"] = "stretch", **widget: Any) -> Any:
    """A number input whose bounds are those of the setting that the number ends up in.

    The widget itself has no bounds: a browser keeps a number outside of them to itself, and a click would go on with
    the one before. What is out of bounds is said below the widget, and refused where the settings are made.

    Args:
        field: of the settings, as in ``Settings.model_fields["name"]``.
        width: of the widget and the line below it, in pixels.
        widget: what `st.number_input` takes, ``key`` above all.
    """
    with st.container(gap="xxsmall", width=width):
        value = st.number_input(label, **widget)
        say_refusal(field, value)
    return value


def say_refusal(field: FieldInfo, value: Any) -> None:
    """The line below a widget that says why its number will not be taken; nothing where it will."""
    sentence = refusal(field, value)
    if sentence:
        st.markdown(f":small[:red[:material/error: {sentence}]]")


def refusal(field: FieldInfo, value: Any) -> str:
    """Why the settings will not take a number; empty where they will."""
    low, high, low_open, high_open = _bounds(field)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    if low is not None and (value < low or (low_open and value == low)):
        return f"Must be {'above' if low_open else 'at least'} {_written(low)}."
    if high is not None and (value > high or (high_open and value == high)):
        return f"Must be {'below' if high_open else 'at most'} {_written(high)}."
    return ""


def _written(bound: float) -> str:
    return f"{bound:,}" if isinstance(bound, int) else f"{bound:g}"


def _bounds(field: FieldInfo) -> Bounds:
    low = high = None
    low_open = high_open = False
    for rule in field.metadata:
        if (value := getattr(rule, "ge", None)) is not None:
            low = value
        if (value := getattr(rule, "gt", None)) is not None:
            low, low_open = value, True
        if (value := getattr(rule, "le", None)) is not None:
            high = value
        if (value := getattr(rule, "lt", None)) is not None:
            high, high_open = value, True
    return low, high, low_open, high_open

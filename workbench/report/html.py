"""HTML written from data: everything that people or models wrote is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any


def text(value: object) -> str:
    """A value as text that a browser shows as it is."""
    return escape(str(value))


def paragraph(*sentences: str) -> str:
    """Whole sentences of ours; values in them must have gone through `text`."""
    return f"<p>{' '.join(sentences)}</p>"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: bool = False) -> str:
    """A table of plain values; with ``numbers`` all columns but the first are right-aligned."""
    head = "".join(f'<th scope="col">{text(column)}</th>' for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    kind = ' class="numbers"' if numbers else ""
    return f"<table{kind}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def bullets(items: Iterable[object]) -> str:
    """A list of plain values."""
    return "<ul>" + "".join(f"<li>{text(item)}</li>" for item in items) + "</ul>"


def figures(items: Iterable[tuple[str, str, str]]) -> str:
    """Large numbers beside each other: (what, value, remark)."""
    cells = "".join(
        f'<div class="figure"><div class="what">{text(what)}</div><div class="value">{text(value)}</div>'
        f'<div class="remark">{text(remark)}</div></div>'
        for what, value, remark in items
    )
    return f'<div class="figures">{cells}</div>'


def section(title: str, *parts: str) -> str:
    """A section with its heading; empty parts are left out, and so is a section without any."""
    kept = [part for part in parts if part]
    return f"<section><h2>{text(title)}</h2>{''.join(kept)}</section>" if kept else ""


def number(value: Any, shape: str) -> str:
    """A number in its shape; a dash where there is none."""
    return "–" if value is None or value != value else format(value, shape)


def interval(value: Any, low: Any, high: Any, shape: str) -> str:
    """A value with its 95% interval, where it has one."""
    if value is None or low is None or high is None:
        return number(value, shape)
    return f"{number(value, shape)} ({number(low, shape)} – {number(high, shape)})"

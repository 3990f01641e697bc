"""A section of a document, and how a text is cut into sections at its headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.demonstrations import line_rules

MIN_BODY = 40
"""A section with fewer characters of its own says too little to be asked for."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it.

    ``line`` counts from 1. ``start`` and ``end`` are the body's characters in the document's text. A
    question's body ends at the next heading of its rank or above; another section's at the next heading.
    """

    line: int
    heading: str
    above: tuple[str, ...]
    body: str
    start: int
    end: int

    @property
    def is_question(self) -> bool:
        """Whether the heading asks something."""
        return line_rules.is_question(self.heading)


@dataclass(frozen=True, slots=True)
class Mark:
    """A heading in a text: its line from 0, the characters where it begins and its body does, and its rank from 1."""

    line: int
    start: int
    body: int
    heading: str
    rank: int


def cut(text: str, shown: str, marks: Sequence[Mark], title: str | None) -> Iterator[Section]:
    """The sections that begin at the marks.

    Args:
        text: the document's text, of which the bodies are verbatim parts.
        shown: the same, with as many spaces in place of what no reader sees; no body begins or ends with that.
        marks: the headings in order.
        title: what stands above all of them.
    """
    above: list[tuple[int, str]] = [(0, title)] if title else []
    for position, mark in enumerate(marks):
        above = [item for item in above if item[0] < mark.rank]
        asks = line_rules.is_question(mark.heading)
        following = (marks[later] for later in range(position + 1, len(marks)))
        later = (other.start for other in following if not asks or other.rank <= mark.rank)
        start, end = trimmed(shown, mark.body, next(later, len(text)))
        start += line_rules.answer_label(shown[start:end], mark.heading)
        yield Section(mark.line + 1, mark.heading, tuple(name for _, name in above), text[start:end], start, end)
        above.append((mark.rank, mark.heading))


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The same part of a text without the space around it."""
    start = min(start, end)
    body = text[start:end]
    return start + len(body) - len(body.lstrip()), end - (len(body) - len(body.rstrip())) if body.strip() else start

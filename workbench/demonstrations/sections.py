"""The sections of a document: headings, the text under each, and where in the document that stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TRAILING_ANCHOR = re.compile(r"\s*\{[#.:][^}]*\}\s*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_TITLE = re.compile(r"""\A---\n(?:.*\n)*?title:\s*["']?(.+?)["']?\s*\n""")
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
        """Whether the heading asks something; "Questions?" alone asks nothing."""
        return self.heading.endswith(("?", "？")) and (len(self.heading.split()) > 1 or len(self.heading) > 12)


def sections(text: str, *, markdown: bool) -> list[Section]:
    """The sections of a document in order: questions, answered or not, and others with text of their own."""
    found = _markdown(text) if markdown else _plain(text)
    return [section for section in found if section.heading and (section.body or section.is_question)]


def _markdown(text: str) -> Iterator[Section]:
    """Sections by CommonMark headings; a # inside a code block is none."""
    from markdown_it import MarkdownIt

    title = _TITLE.match(text)
    # Blanked rather than cut, so that places stay those of the file.
    blank = text
    for pattern in (_FRONT_MATTER, _HTML_COMMENT):
        blank = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), blank)
    lines = blank.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    headings: list[tuple[int, int, int, str]] = []
    for token, inline in pairwise(MarkdownIt("commonmark").parse(blank)):
        if token.type == "heading_open" and token.map and token.level == 0:
            headings.append((int(token.tag[1]), token.map[0], token.map[1], plain_heading(inline.content)))
    above: list[tuple[int, str]] = [(0, plain_heading(title[1]))] if title else []
    for position, (rank, line, body_line, heading) in enumerate(headings):
        above = [item for item in above if item[0] < rank]
        asks = heading.endswith(("?", "？"))
        later = (other for other in headings[position + 1 :] if not asks or other[0] <= rank)
        end_line = next((other[1] for other in later), len(lines))
        start, end = _trimmed(blank, starts[body_line], min(starts[end_line], len(blank)))
        yield Section(line + 1, heading, tuple(name for _, name in above), blank[start:end], start, end)
        above.append((rank, heading))


def _plain(text: str) -> Iterator[Section]:
    """Sections of plain text: by lines that end in a question mark and follow an empty line, or the start."""
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    at = [
        number
        for number, line in enumerate(lines)
        if line.strip().endswith(("?", "？")) and (number == 0 or not lines[number - 1].strip())
    ]
    for number, following in zip(at, [*at[1:], len(lines)], strict=True):
        start, end = _trimmed(text, starts[number + 1], min(starts[following], len(text)))
        yield Section(number + 1, " ".join(lines[number].split()), (), text[start:end], start, end)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    start = min(start, end)
    body = text[start:end]
    return start + len(body) - len(body.lstrip()), end - (len(body) - len(body.rstrip())) if body.strip() else start


def plain_heading(content: str) -> str:
    """A heading's words without Markdown's signs."""
    text = _LINK.sub(r"\1", _TRAILING_ANCHOR.sub("", content))
    return " ".join(re.sub(r"[*_`]", "", text).split())

"""The sections of a document: headings, the text under each, and where in the document that stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.demonstrations.line_rules import asks
from workbench.demonstrations.plain_marks import labelled_question, line_starts, paragraphs, plain_marks
from workbench.demonstrations.section import Mark, Section, cut

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TRAILING_ANCHOR = re.compile(r"\s*\{[#.:][^}]*\}\s*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_TITLE = re.compile(r"""\A---\n(?:.*\n)*?title:\s*["']?(.+?)["']?\s*\n""")
_PARAGRAPH = 7
"""The rank of a question that is a paragraph: any heading ends its response."""


def sections(text: str, *, markdown: bool) -> list[Section]:
    """The sections of a document in order: questions, answered or not, and others with text of their own.

    Markdown without any heading is read as plain text is.
    """
    shown, title = text, None
    if markdown:
        named = _TITLE.match(text)
        title = _plain_heading(named[1]) if named else None
        # Blanked rather than cut, so that places stay those of the file.
        for pattern in (_FRONT_MATTER, _HTML_COMMENT):
            shown = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), shown)
    marks = _markdown_marks(shown) if markdown else []
    lead: list[Section] = []
    if not marks:
        marks = plain_marks(shown)
        before = paragraphs(shown, marks[0].start if marks else len(shown), title, _plain_heading if markdown else str)
        lead = [replace(part, body=text[part.start : part.end]) for part in before]
    if markdown:
        marks = [replace(mark, heading=_plain_heading(mark.heading)) for mark in marks]
    found = [*lead, *cut(text, shown, marks, title)]
    return [section for section in found if section.heading and (section.body or section.is_question)]


def _markdown_marks(text: str) -> list[Mark]:
    """Headings of CommonMark, and questions that are a bold paragraph or labelled; a # inside a code block is none."""
    from markdown_it import MarkdownIt

    lines = text.split("\n")
    starts = line_starts(lines)
    found: list[Mark] = []
    tokens = MarkdownIt("commonmark").parse(text)
    for before, token, inline in zip([None, *tokens], tokens, tokens[1:], strict=False):
        if token.map is None:
            continue
        line, below = token.map
        if token.type == "heading_open" and token.level == 0:
            found.append(Mark(line, starts[line], starts[below], inline.content, int(token.tag[1])))
        elif token.type == "paragraph_open" and (token.level == 0 or (before and before.type == "list_item_open")):
            found.extend(_questions_in_paragraph(inline, lines, starts))
    return found


def _questions_in_paragraph(inline: Token, lines: list[str], starts: list[int]) -> Iterator[Mark]:
    first, below = inline.map or (0, 0)
    bold = _bold_question(inline.children or [])
    if bold is not None:
        heading, taken = bold
        yield Mark(first, starts[first], starts[first + taken], heading, _PARAGRAPH)
        return
    for line in range(first, below):
        mark = labelled_question(lines, line, starts)
        if mark is not None:
            yield replace(mark, rank=_PARAGRAPH)


def _bold_question(children: Sequence[Token]) -> tuple[str, int] | None:
    """The question that is all there is in a paragraph's first line, in bold, and how many lines it takes."""
    depth, lines, words, strong = 0, 1, "", False
    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            if not depth:
                break
            words, lines = f"{words} ", lines + 1
        elif child.type in ("strong_open", "strong_close"):
            depth, strong = depth + child.nesting, True
        elif depth or not child.content.strip(" ?？؟"):
            words += child.content
        else:
            return None
    words = " ".join(words.split())
    return (words, lines) if strong and asks(words) else None


def _plain_heading(content: str) -> str:
    """A heading's words without Markdown's signs."""
    text = _LINK.sub(r"\1", _TRAILING_ANCHOR.sub("", content))
    return " ".join(re.sub(r"[*_`]", "", text).split())

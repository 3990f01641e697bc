"""Headings and paragraphs of text in which nothing is marked as a heading: what a PDF or a .txt file holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import accumulate

from workbench.demonstrations.line_rules import (
    answer_in_line,
    answer_label,
    asks,
    is_whole_question,
    looks_like_heading,
    number_before,
    question_label,
)
from workbench.demonstrations.section import MIN_BODY, Mark, Section, trimmed

STRONG, QUESTION, WEAK = 1, 2, 3
"""Ranks: a question's response ends at a heading in capitals or underlined, not at what may be a line of its own."""
_UNDERLINE = re.compile(r"\s*(?:={3,}|-{3,}|~{3,})\s*")
_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*")
_OPENING_WORDS, _OPENING_CHARACTERS = 8, 60


def line_starts(lines: list[str]) -> list[int]:
    """The character that each line begins at, and the one behind the last."""
    return [0, *accumulate(len(line) + 1 for line in lines)]


def labelled_question(lines: list[str], at: int, starts: list[int]) -> Mark | None:
    """A question that begins with a label such as "Q:", on one line or several, its answer behind or below it."""
    if not question_label(lines[at]):
        return None
    inside = answer_in_line(lines[at])
    if inside is not None:
        return Mark(at, starts[at], starts[at] + inside, _words(lines[at][:inside]), QUESTION)
    last = at
    while not asks(lines[last]) and last + 1 < len(lines) and lines[last + 1].strip():
        if answer_label(lines[last + 1], lines[at]) or question_label(lines[last + 1]):
            break
        last += 1
    answer = _text_from(lines, last + 1)
    if not asks(lines[last]) and not answer_label(answer, lines[at]):
        return None
    return Mark(at, starts[at], starts[last + 1], _words(" ".join(lines[at : last + 1])), QUESTION)


def plain_marks(text: str) -> list[Mark]:
    """The questions and headings of a text.

    A question stands apart (after an empty line), or has a label, or the number after that of the question before. In
    a text without empty lines it is a line that asks and does nothing else. A heading stands apart, too, is short, and
    has text below it.
    """
    lines = text.split("\n")
    starts = line_starts(lines)
    spaced = any(not line.strip() for line in text.strip().split("\n"))
    found: list[Mark] = []
    for at, line in enumerate(lines):
        if not line.strip() or (found and starts[at] < found[-1].body):
            continue
        apart = at == 0 or not lines[at - 1].strip()
        mark = labelled_question(lines, at, starts)
        if mark is None and asks(line) and (apart or _follows(found, line) or (not spaced and is_whole_question(line))):
            mark = Mark(at, starts[at], starts[at + 1], _words(line), QUESTION)
        if mark is None and apart:
            mark = _heading(lines, at, starts, found)
        if mark is not None:
            found.append(mark)
    return found


def paragraphs(text: str, end: int, title: str | None, plain_words: Callable[[str], str]) -> Iterator[Section]:
    """What stands before the first heading, a paragraph each; a short one, or one that leads to a list, joins the next.

    A section is called by its first words, which ``plain_words`` frees of signs.
    """
    spans: list[tuple[int, int]] = []
    for match in _PARAGRAPH.finditer(text, 0, end):
        start, stop = trimmed(text, *match.span())
        if spans and (spans[-1][1] - spans[-1][0] < MIN_BODY or text[spans[-1][1] - 1] in ":："):
            spans[-1] = (spans[-1][0], stop)
        else:
            spans.append((start, stop))
    if len(spans) > 1 and spans[-1][1] - spans[-1][0] < MIN_BODY:
        spans[-2:] = [(spans[-2][0], spans[-1][1])]
    line, counted = 1, 0
    for start, stop in spans:
        line, counted = line + text.count("\n", counted, start), start
        body = text[start:stop]
        yield Section(line, _opening(plain_words(body)), (title,) if title else (), body, start, stop)


def _opening(body: str) -> str:
    """The first words of a text in quotation marks: what it is called where nobody gave it a heading."""
    words = " ".join(body.lstrip("-•>#| ").split()[:_OPENING_WORDS])
    return f"“{words[:_OPENING_CHARACTERS].rstrip(' .,;:')}…”"


def _follows(found: list[Mark], line: str) -> bool:
    """Whether a line's number is the next after that of the last question, so that it is none of an answer's own."""
    before = next((mark for mark in reversed(found) if mark.rank == QUESTION), None)
    last = number_before(before.heading) if before else None
    return last is not None and number_before(line) == last + 1


def _heading(lines: list[str], at: int, starts: list[int], found: list[Mark]) -> Mark | None:
    """The line as a heading: text follows, and it is neither an item of a list nor the short answer to a question."""
    if not looks_like_heading(lines[at]):
        return None
    underlined = at + 1 < len(lines) and bool(_UNDERLINE.fullmatch(lines[at + 1]))
    below = _text_from(lines, at + 1 + underlined)
    strong = underlined or (lines[at].isupper() and len(lines[at].strip()) > 3)
    if not strong:
        answers = bool(found) and found[-1].rank == QUESTION and _text_from(lines, found[-1].line + 1) is lines[at]
        if not below or asks(below) or answers or looks_like_heading(below):
            return None
        # The first line of a paragraph may be short, too, but then a sentence goes on in the next.
        if lines[at + 1] is below and not below.lstrip()[0].isupper():
            return None
    return Mark(at, starts[at], starts[at + 1 + underlined], _words(lines[at]), STRONG if strong else WEAK)


def _text_from(lines: list[str], at: int) -> str:
    """The first line from there on that is not empty."""
    return next((lines[below] for below in range(at, len(lines)) if lines[below].strip()), "")


def _words(line: str) -> str:
    return " ".join(line.split())

"""Drafts from handbooks: a heading that asks a question becomes a prompt, its section the response.

Nothing is invented: only questions that the document itself asks are taken, with the text that follows, and
every row is a draft that a person has yet to approve.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.demonstrations.columns import DemonstrationFields, RowError, required_text
from workbench.demonstrations.decoding import decode
from workbench.demonstrations.importing import (
    DemonstrationFile,
    ImportReport,
    RejectedRow,
    store_demonstrations,
)
from workbench.demonstrations.parsing import check_file
from workbench.errors import UnreadableFile

if TYPE_CHECKING:
    from workbench.workspace import Workspace

EXTENSIONS = {".md": "markdown", ".markdown": "markdown", ".txt": "text"}
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TRAILING_ANCHOR = re.compile(r"\s*\{[#.:][^}]*\}\s*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, the line it stands in (from 1), and the text up to the next heading of its rank or above."""

    line: int
    heading: str
    body: str


def import_documents(ws: Workspace, path: Path, *, author: str, filename: str | None = None) -> ImportReport:
    """Stores the questions of a Markdown or text file as drafts; ``rows`` counts the questions found.

    A document that asks none gives no row. ``RejectedRow.row`` is the line of the heading.

    Raises:
        UnreadableFile: the file is no Markdown or text that can be read.
    """
    return store_demonstrations(ws, read_document(path, filename), author=author)


def read_document(path: Path, filename: str | None = None) -> DemonstrationFile:
    """The questions of a Markdown or text file, not stored.

    Raises:
        UnreadableFile: the file is no Markdown or text that can be read.
    """
    name = filename or path.name
    kind = EXTENSIONS.get(Path(name).suffix.casefold())
    if kind is None:
        known = " ".join(EXTENSIONS)
        raise UnreadableFile(f"{name}: documents of this kind cannot be read yet; these can: {known}.")
    check_file(path, name)
    try:
        text = decode(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")
    except UnreadableFile as error:
        raise UnreadableFile(f"{name}: {error}.") from None
    return _drafts(name, kind, [part for part in _sections(text, kind) if _is_question(part.heading)])


def _drafts(name: str, kind: str, questions: list[Section]) -> DemonstrationFile:
    file = DemonstrationFile(name, kind, [], status="draft")
    for section in questions:
        try:
            file.fields.append(
                DemonstrationFields(
                    prompt=required_text("prompt", section.heading),
                    response=required_text("response", section.body),
                    tags=(),
                    source=f"{name}#{section.heading}",
                    author=None,
                    status=None,
                    split=None,
                    fact_id=None,
                    key_facts=None,
                )
            )
        except RowError as problem:
            file.rejected.append(RejectedRow(section.line, f"'{section.heading[:60]}': {problem}"))
    return file


def _is_question(heading: str) -> bool:
    # "Questions?" alone asks nothing.
    return heading.endswith("?") and len(heading.split()) > 1


def _sections(text: str, kind: str) -> list[Section]:
    return _markdown_sections(text) if kind == "markdown" else _text_sections(text)


def _markdown_sections(text: str) -> list[Section]:
    """Sections by CommonMark headings; a # inside a code block is none."""
    from markdown_it import MarkdownIt

    # Blanked rather than cut, so that line numbers stay those of the file.
    for pattern in (_FRONT_MATTER, _HTML_COMMENT):
        text = pattern.sub(lambda match: "\n" * match[0].count("\n"), text)
    lines = text.split("\n")
    tokens = MarkdownIt("commonmark").parse(text)
    headings: list[tuple[int, int, int, str]] = []
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.map and token.level == 0:
            headings.append((int(token.tag[1]), token.map[0], token.map[1], _plain_heading(inline.content)))
    sections = []
    for position, (rank, start, body_start, heading) in enumerate(headings):
        later = (other for other in headings[position + 1 :] if other[0] <= rank)
        end = next((other[1] for other in later), len(lines))
        sections.append(Section(start + 1, heading, "\n".join(lines[body_start:end]).strip()))
    return sections


def _plain_heading(content: str) -> str:
    text = _LINK.sub(r"\1", _TRAILING_ANCHOR.sub("", content))
    return " ".join(re.sub(r"[*_`]", "", text).split())


def _text_sections(text: str) -> list[Section]:
    """Sections of plain text: a line that ends in a question mark and follows an empty line, or the start."""
    lines = text.split("\n")
    starts = [
        number
        for number, line in enumerate(lines)
        if line.strip().endswith("?") and (number == 0 or not lines[number - 1].strip())
    ]
    ends = [*starts[1:], len(lines)]
    return [
        Section(start + 1, " ".join(lines[start].split()), "\n".join(lines[start + 1 : end]).strip())
        for start, end in zip(starts, ends, strict=True)
    ]

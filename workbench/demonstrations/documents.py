"""Drafts from handbooks: a heading that asks a question becomes a prompt, its section the response.

Nothing is invented: responses are the document's own words, with the place where they stand. Sections whose
heading asks nothing are offered too, if a person wants them, with a question made of the heading; every row
is a draft that a person has yet to approve. Run as ``python -m workbench.demonstrations.documents`` the module
is the child process that reads the files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from storage.demonstrations import Origin
from workbench.demonstrations.archives import ZIP, Entry, entries, open_zip
from workbench.demonstrations.cell_values import required_text
from workbench.demonstrations.columns import DemonstrationFields, RowError
from workbench.demonstrations.document_text import EXTENSIONS, document_text
from workbench.demonstrations.import_report import DemonstrationFile, ImportReport, RejectedRow
from workbench.demonstrations.importing import store_demonstrations
from workbench.demonstrations.line_rules import as_asked
from workbench.demonstrations.sandbox import MAX_UPLOAD_BYTES, check_file, child, run_limited
from workbench.demonstrations.section import MIN_BODY, Section
from workbench.demonstrations.sections import sections
from workbench.errors import UnreadableFile

if TYPE_CHECKING:
    from workbench.workspace import Workspace

Wanted = Literal["questions", "all"]
"""Which sections become drafts: those whose heading asks, or all with text of their own."""
Proposer = Callable[[list[Section]], list[str]]
"""Gives a question for each section whose heading asks none."""
MAX_FOLDER_FILES = 5_000
MAX_FOLDER_BYTES = 500 * 2**20
SECONDS = 300


@dataclass(frozen=True, slots=True)
class Document:
    """One document that was read, or why it was not."""

    name: str
    kind: str
    sections: list[Section]
    problem: str | None = None


def import_documents(
    ws: Workspace, path: Path, *, author: str, filename: str | None = None, wanted: Wanted = "questions"
) -> ImportReport:
    """Stores the sections of a document, a folder or a zip file of documents as drafts.

    A document that asks nothing gives no row. ``RejectedRow.row`` is the line of the heading.

    Raises:
        UnreadableFile: the document cannot be read, or nothing in the folder can.
    """
    return store_demonstrations(ws, read_document(path, filename, wanted=wanted), author=author)


def read_document(
    path: Path, filename: str | None = None, *, wanted: Wanted = "questions", propose: Proposer | None = None
) -> DemonstrationFile:
    """The drafts of a document, a folder or a zip file of documents, not stored.

    Raises:
        UnreadableFile: the document cannot be read, or nothing in the folder can.
    """
    return drafts(filename or path.name, read_documents(path, filename), wanted=wanted, propose=propose)


def read_documents(path: Path, filename: str | None = None) -> list[Document]:
    """The documents of a file, folder or zip file with their sections, read in a child process.

    Raises:
        UnreadableFile: the document cannot be read, or nothing in the folder can.
    """
    name = filename or path.name
    extension = Path(name).suffix.casefold()
    if not path.is_dir():
        if extension not in EXTENSIONS and extension != ".zip":
            known = " ".join([*EXTENSIONS, ".zip"])
            raise UnreadableFile(f"{name}: documents of this kind cannot be read; these can: {known}, or a folder.")
        check_file(path, name)
    output = run_limited("workbench.demonstrations.documents", [str(path.resolve()), name], name, seconds=SECONDS)
    found = [
        Document(item["name"], item["kind"], [_section(part) for part in item["sections"]], item["problem"])
        for item in json.loads(output)
    ]
    if all(document.problem for document in found):
        reason = found[0].problem if found else "there is no document in it"
        where = f"{found[0].name}: " if found and found[0].name != name else ""
        raise UnreadableFile(f"{name}: {where}{reason}.")
    return found


def drafts(
    name: str, documents: list[Document], *, wanted: Wanted = "questions", propose: Proposer | None = None
) -> DemonstrationFile:
    """The sections of documents as drafts. ``format`` is the kind of all documents, or "several"."""
    kinds = {document.kind for document in documents if document.problem is None}
    file = DemonstrationFile(name, kinds.pop() if len(kinds) == 1 else "several", [], status="draft")
    for document in documents:
        if document.problem is not None:
            file.rejected.append(RejectedRow(0, f"{document.name}: {document.problem}"))
            continue
        where = "" if document.name == name else f"{document.name}: "
        chosen = [part for part in document.sections if part.is_question or _wanted(part, wanted)]
        others = [part for part in chosen if not part.is_question]
        proposed = dict(zip(map(id, others), (propose or proposed_questions)(others), strict=True))
        for section in chosen:
            prompt = proposed.get(id(section), as_asked(section.heading))
            try:
                file.fields.append(_draft(document.name, section, prompt))
            except RowError as problem:
                file.rejected.append(RejectedRow(section.line, f"{where}'{section.heading[:60]}': {problem}"))
    return file


def open_sections(documents: list[Document]) -> list[Section]:
    """The sections that ``drafts`` asks its proposer about when all are wanted, in the same order."""
    return [
        part
        for document in documents
        if document.problem is None
        for part in document.sections
        if not part.is_question and _wanted(part, "all")
    ]


def undrafted(documents: list[Document], *, wanted: Wanted, all_wanted_by: str) -> list[str]:
    """One sentence for each document that was read and gives no draft: why, and what to do.

    ``all_wanted_by`` is how a person asks for all sections here.
    """
    found = []
    for document in documents:
        if document.problem is not None or any(part.is_question or _wanted(part, wanted) for part in document.sections):
            continue
        others = len(open_sections([document]))
        if others:
            count = "its one section" if others == 1 else f"its {others} sections"
            reason = f"no heading asks a question; {all_wanted_by} to get drafts of {count} with proposed questions."
        else:
            line = "line of its own" if document.kind in ("text", "pdf") else "bold line"
            reason = (
                f"no heading asks a question, and no section has {MIN_BODY} characters; write each question as a "
                f"heading or a {line} that ends with a question mark, and its answer below."
            )
        found.append(f"{document.name}: {reason}")
    return found


def proposed_questions(found: list[Section]) -> list[str]:
    """A question for each section, made of its heading and the one above: a person will word it better."""
    questions = []
    for section in found:
        topic = section.above[-1] if section.above else ""
        about = f" ({topic})" if topic and topic.casefold() not in section.heading.casefold() else ""
        questions.append(f"What should I know about {section.heading.rstrip(':.')}{about}?")
    return questions


def _wanted(section: Section, wanted: Wanted) -> bool:
    return wanted == "all" and len(section.body) >= MIN_BODY


def _draft(document: str, section: Section, prompt: str) -> DemonstrationFields:
    return DemonstrationFields(
        prompt=required_text("prompt", prompt),
        response=required_text("response", section.body),
        tags=(),
        source=f"{document}#{section.heading}",
        author=None,
        status=None,
        split=None,
        fact_id=None,
        key_facts=None,
        origin=Origin(
            document=document,
            section=" > ".join((*section.above, section.heading)),
            start=section.start,
            end=section.end,
        ),
    )


def _section(values: dict[str, Any]) -> Section:
    return Section(**values | {"above": tuple(values["above"])})


# --- the child ------------------------------------------------------------------------------------


def _read(arguments: list[str]) -> bytes:
    path, name = Path(arguments[0]), arguments[1]
    documents = [_document(entry) for entry in _files(path, name)]
    return json.dumps([asdict(document) for document in documents], ensure_ascii=False).encode("utf-8", "replace")


def _document(entry: Entry | Document) -> Document:
    if isinstance(entry, Document):
        return entry
    try:
        found = document_text(entry.data, entry.name)
        return Document(entry.name, found.kind, sections(found.text, markdown=found.markdown))
    except UnreadableFile as error:
        return Document(entry.name, "", [], str(error))
    except (RecursionError, MemoryError):
        return Document(entry.name, "", [], "it is nested too deeply or needs too much memory")
    except Exception as error:  # one damaged document must not cost the others of its folder
        return Document(entry.name, "", [], f"it is damaged; its reader stopped with {type(error).__name__}")


def _files(path: Path, name: str) -> Iterator[Entry | Document]:
    """The documents of a folder, of a zip file, or the one file."""
    if path.is_dir():
        yield from _folder(path)
    elif name.casefold().endswith(".zip"):
        data = path.read_bytes()
        if not data.startswith(ZIP):
            raise UnreadableFile("the file is named .zip but is no zip file, or an empty one")
        yield from (entry for entry in entries(open_zip(data)) if Path(entry.name).suffix.casefold() in EXTENSIONS)
    else:
        yield Entry(name, path.read_bytes())


def _folder(folder: Path) -> Iterator[Entry | Document]:
    """Documents below a folder; what is hidden, and links that lead elsewhere, are left out."""
    files, size = 0, 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if hidden or path.suffix.casefold() not in EXTENSIONS or path.is_symlink() or not path.is_file():
            continue
        files, size = files + 1, size + path.stat().st_size
        if files > MAX_FOLDER_FILES or size > MAX_FOLDER_BYTES:
            raise UnreadableFile(f"the folder holds more than {MAX_FOLDER_FILES:,} documents or 500 MB: split it")
        if path.stat().st_size > MAX_UPLOAD_BYTES:
            yield Document(str(name), "", [], f"it has more than {MAX_UPLOAD_BYTES // 2**20} MB")
        else:
            try:
                yield Entry(name.as_posix(), path.read_bytes())
            except OSError as error:
                yield Document(name.as_posix(), "", [], f"it cannot be opened: {error.strerror}")


if __name__ == "__main__":
    sys.exit(child(_read))

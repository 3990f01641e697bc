"""The text of a document, whatever program wrote it: Markdown where headings are known, plain text otherwise.

Everything here runs in the child process of ``documents``: these are other people's files.
"""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

from workbench.demonstrations.archives import ZIP, open_zip
from workbench.demonstrations.decoding import decode
from workbench.demonstrations.line_rules import is_whole_question, looks_like_heading
from workbench.errors import UnreadableFile

Kind = Literal["markdown", "text", "html", "docx", "pdf"]
EXTENSIONS: dict[str, Kind] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".pdf": "pdf",
}
MAX_PAGES = 2_000
_LOCKED = "it is protected by a password: save it without one"
_LIGATURE = re.compile("[\ufb00-\ufb06]")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_NOT_CONTENT = ("script", "style", "nav", "header", "footer", "aside", "form", "button", "template", "noscript", "svg")


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A document's text; ``markdown`` tells whether # starts a heading in it."""

    kind: Kind
    text: str
    markdown: bool


def document_text(data: bytes, name: str) -> DocumentText:
    """Reads a document; its name says what it is, and its content must agree.

    Raises:
        UnreadableFile: it is none of the known kinds, damaged, locked, or holds no text.
    """
    kind = EXTENSIONS.get(PurePath(name).suffix.casefold())
    if kind is None:
        raise UnreadableFile(f"documents of this kind cannot be read; these can: {' '.join(EXTENSIONS)}")
    if not data.strip():
        raise UnreadableFile("the file is empty")
    readers = {"html": _html, "docx": _docx, "pdf": _pdf}
    text = readers[kind](data) if kind in readers else decode(data)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if not text.strip():
        raise UnreadableFile("it holds no text; is it a scan? Then its text has to be recognised first")
    return DocumentText(kind, text, kind in ("markdown", "html", "docx"))


def _html(data: bytes) -> str:
    return _markdown_of(decode(data))


def _docx(data: bytes) -> str:
    import mammoth

    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile("it is an old Word file or locked with a password: save it as .docx without one")
    if not data.startswith(ZIP):
        raise UnreadableFile("the file is named .docx but is no Word document")
    archive = open_zip(data)
    size = sum(info.file_size for info in archive.infolist())
    if size > 200 * 2**20:
        raise UnreadableFile("the document unpacks to more than 200 MB")
    if "word/document.xml" not in archive.namelist():
        raise UnreadableFile("the file is named .docx but is no Word document")
    no_picture = mammoth.images.img_element(lambda _image: {"src": ""})
    return _markdown_of(mammoth.convert_to_html(io.BytesIO(data), convert_image=no_picture).value)


def _markdown_of(html: str) -> str:
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    soup = BeautifulSoup(html, "html.parser")
    # A question that opens its answer at a click is often a button within its heading.
    for button in soup.select(":is(h1, h2, h3, h4, h5, h6, dt, summary) button"):
        button.unwrap()
    for part in soup(_NOT_CONTENT):
        part.decompose()
    # Markdown has no lists of terms and nothing that opens: their titles are headings of the lowest rank.
    for title in soup(("dt", "summary")):
        if title.find(_HEADINGS) is None:
            title.name = "h6"
        else:
            title.unwrap()
    for description in soup("dd"):
        description.name = "div"
    converter: Any = MarkdownConverter(heading_style="ATX", strip=["a", "img"], bullets="-", escape_misc=False)
    return re.sub(r"\n{3,}", "\n\n", str(converter.convert_soup(soup.body or soup))).strip() + "\n"


def _pdf(data: bytes) -> str:
    from pypdf import PdfReader
    from pypdf.errors import FileNotDecryptedError, PyPdfError

    if b"%PDF" not in data[:1024]:
        raise UnreadableFile("the file is named .pdf but is no PDF")
    try:
        reader = PdfReader(io.BytesIO(data))
        # Many PDFs are encrypted against changes only: they open with an empty password.
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableFile(_LOCKED)
        if len(reader.pages) > MAX_PAGES:
            raise UnreadableFile(f"the PDF has more than {MAX_PAGES:,} pages: split it")
        pages = [page.extract_text() for page in reader.pages]
    except FileNotDecryptedError:
        raise UnreadableFile(_LOCKED) from None
    except PyPdfError:
        raise UnreadableFile("the PDF is damaged") from None
    return "\n\n".join(_paragraphs(page) for page in pages)


def _paragraphs(page: str) -> str:
    """A page as it was written: a PDF has lines where the paper ended, and no empty ones before a heading.

    Words and sentences that a line end had cut are whole again, ligatures are letters, and a question or heading that
    has a line of its own stands apart, as it does in text that a person typed.
    """
    page = _LIGATURE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), page)
    page = re.sub(r"(?<=[a-zà-ÿ])-\n(?=[a-zà-ÿ])", "", page)
    page = re.sub(r"(?<=[^\s.!?:;])[ ]*\n(?=[a-zà-ÿ])", " ", page)
    lines = page.split("\n")
    apart = [
        "\n" if before.strip() and (is_whole_question(line) or _heads(before, line, after)) else ""
        for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False)
    ]
    return "\n".join(gap + line for gap, line in zip(apart, lines, strict=True))


def _heads(before: str, line: str, after: str) -> bool:
    """Whether a line between two others is a heading: a sentence ends above it, and another begins below."""
    ends = before.rstrip().endswith((".", "!", "?", "…", "。"))
    return ends and looks_like_heading(line) and bool(after.strip()) and not looks_like_heading(after)

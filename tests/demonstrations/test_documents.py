"""Drafts from handbooks."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from tests.demonstrations.conftest import WriteFile
from workbench.demonstrations.documents import import_documents, read_document
from workbench.errors import UnreadableFile
from workbench.workspace import Workspace

HANDBOOK = """---
title: Is this front matter?
---
# Handbook

## Where is the **HR** [department](https://example.org)? {#hr}

On floor 2.

### Opening hours

9:00 to 17:00.

## Who answers?

## Contacts

```
# Is this a comment?
```

Who is asked here?
------------------

The front desk.
"""


def test_headings_that_ask_become_drafts(ws: Workspace, file: WriteFile) -> None:
    report = import_documents(ws, file("handbook.md", HANDBOOK.replace("\n", "\r\n")), author="kim")
    assert (report.format, report.rows, report.accepted) == ("markdown", 3, 2)
    rows = ws.demonstrations.list()
    assert [row.prompt for row in rows] == ["Where is the HR department?", "Who is asked here?"]
    # A section runs to the next heading of its rank: what stands under lesser headings belongs to it.
    assert rows[0].response == "On floor 2.\n\n### Opening hours\n\n9:00 to 17:00."
    assert rows[1].response == "The front desk."
    assert {row.status for row in rows} == {"draft"}
    assert rows[0].source == "handbook.md#Where is the HR department?"
    assert [(row.row, row.reason) for row in report.rejected] == [(14, "'Who answers?': the response is empty")]


def test_plain_text_and_a_second_time(ws: Workspace, file: WriteFile) -> None:
    path = file("faq.txt", "Where do I park?\nBehind the house.\nGate 3.\n\nQuestions?\n\nWhen is lunch?\nAt noon.\n")
    report = import_documents(ws, path, author="kim")
    assert (report.format, report.accepted) == ("text", 2)
    assert ws.demonstrations.list()[0].response.startswith("Behind the house.\nGate 3.")
    assert import_documents(ws, path, author="kim").duplicates == 2


def test_a_document_without_questions_gives_nothing(ws: Workspace, file: WriteFile) -> None:
    report = import_documents(ws, file("plain.md", "# Title\n\nText.\n"), author="kim")
    assert (report.rows, report.accepted) == (0, 0)


def test_every_draft_says_where_it_stands(file: WriteFile) -> None:
    text = HANDBOOK + "\n## Travel\n\nBook trains early, flights only above six hours of rail.\n"
    found = read_document(file("handbook.md", text), wanted="all")
    assert [row.prompt for row in found.fields] == [
        "Where is the HR department?",
        "Who is asked here?",
        "What should I know about Travel (Handbook)?",
    ]
    for row in found.fields:
        assert row.origin is not None
        assert text[row.origin["start"] : row.origin["end"]] == row.response
    assert [row.origin["section"] for row in found.fields if row.origin] == [
        "Is this front matter? > Handbook > Where is the HR department?",
        "Is this front matter? > Handbook > Who is asked here?",
        "Is this front matter? > Handbook > Travel",
    ]
    chosen = read_document(file("handbook.md", text), wanted="all", propose=lambda parts: ["How?"] * len(parts))
    assert chosen.fields[-1].prompt == "How?"


HTML = """<html><head><title>x</title><style>p {}</style></head><body><nav><h2>Where am I?</h2><p>Menu</p></nav>
<h1>Guide</h1><h2>Where is HR?</h2><p>On <b>floor</b> 2,<br>see <a href="https://x.example">the map</a>.</p>
<script>alert(1)</script></body></html>"""


def docx(text: str, *, bold: bool = False) -> bytes:
    """A Word document with one question, as a heading or as a paragraph in bold, and text below it."""
    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    rest = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    heading = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>'
    asked = "<w:r><w:rPr><w:b/></w:rPr>" if bold else f"{heading}<w:r>"
    body = f"<w:p>{asked}<w:t>Where is HR?</w:t></w:r></w:p><w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{rest}/content-types"><Default Extension="rels" ContentType="application/'
            'vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
            f'ContentType="{word}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{rest}/relationships"><Relationship Id="r1" Type="{office}" '
            'Target="word/document.xml"/></Relationships>',
        )
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{main}"><w:body>{body}</w:body></w:document>')
    return stream.getvalue()


def pdf(*pages: list[str], password: str | None = None, algorithm: str = "RC4-128") -> bytes:
    """One page for each list of lines; an empty password lets anybody read, and nobody change it."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    for lines in pages:
        page = writer.add_blank_page(595, 842)
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        shown = "".join(f"({line}) Tj 0 -14 Td " for line in lines)
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 72 720 Td {shown}ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
    if password is not None:
        writer.encrypt(password, owner_password="owner", algorithm=algorithm)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_html_word_and_pdf(file: WriteFile) -> None:
    documents = {
        "a.html": (HTML.encode(), "On **floor** 2,"),
        "a.docx": (docx("On floor 2 &amp; 3."), "On floor 2 & 3."),
        "a.pdf": (pdf(["Where is HR?", "On floor 2."]), "On floor 2."),
    }
    for name, (data, answer) in documents.items():
        found = read_document(file(name, data))
        assert [row.prompt for row in found.fields] == ["Where is HR?"], name
        assert found.fields[0].response.startswith(answer), name
        assert "alert" not in found.fields[0].response


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256-R5", "AES-256"])
def test_a_pdf_that_only_forbids_changes_is_read(file: WriteFile, algorithm: str) -> None:
    data = pdf(["Where is HR?", "On floor 2."], password="", algorithm=algorithm)
    assert [row.response for row in read_document(file("a.pdf", data)).fields] == ["On floor 2."]


def test_a_page_of_a_pdf_has_no_empty_lines_and_still_gives_all_its_questions(file: WriteFile) -> None:
    lines = [
        "Travel handbook",
        "1. How do I book a train?",
        "Write to the travel desk at least three days be-",
        "fore you leave. Name your cost centre and",
        "the purpose.",
        "2.1 Who pays for a hotel",
        "if I stay longer?",
        "You do. Is that fair? Ask Ben.",
        "Others say no. Do they?",
    ]
    found = read_document(file("a.pdf", pdf(lines)))
    assert [(row.prompt, row.response) for row in found.fields] == [
        (
            "How do I book a train?",
            "Write to the travel desk at least three days before you leave. Name your cost centre and the purpose.",
        ),
        ("Who pays for a hotel if I stay longer?", "You do. Is that fair? Ask Ben.\nOthers say no. Do they?"),
    ]
    assert found.fields[0].source == "a.pdf#1. How do I book a train?"


def test_a_folder_and_a_zip_give_all_their_documents(ws: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "handbook"
    (folder / "deep/er").mkdir(parents=True)
    (folder / "a.md").write_text("# Where is HR?\n\nFloor 2.\n")
    (folder / "deep/er/b.html").write_text(HTML)
    (folder / "broken.docx").write_bytes(b"no")
    (folder / ".hidden.md").write_text("# Who is it?\n\nNobody.\n")
    (folder / "c.exe").write_bytes(b"MZ")
    report = import_documents(ws, folder, author="kim")
    assert (report.format, report.accepted) == ("several", 2)
    assert [row.reason for row in report.rejected] == ["broken.docx: the file is named .docx but is no Word document"]
    assert {row.source for row in ws.demonstrations.list()} == {"a.md#Where is HR?", "deep/er/b.html#Where is HR?"}
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("x/a.md", "# Where is IT?\n\nFloor 3.\n")
    assert import_documents(ws, tmp_path / "all.zip", author="kim").accepted == 1
    origin = ws.demonstrations.list()[-1].origin
    assert origin is not None
    assert (origin["document"], origin["section"]) == ("x/a.md", "Where is IT?")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("handbook.odt", b"x", "cannot be read; these can"),
        ("handbook.md", bytes(range(256)) * 9, "binary"),
        ("handbook.md", b" \n", "the file is empty"),
        ("handbook.pdf", pdf(["x"], password="secret"), "it is protected by a password"),
        ("handbook.pdf", pdf(["x"], password="secret", algorithm="AES-128"), "it is protected by a password"),
        ("handbook.pdf", pdf(["x"], password="secret", algorithm="AES-256"), "it is protected by a password"),
        ("handbook.pdf", pdf(["x"])[:200], "PDF"),
        ("handbook.pdf", pdf([]), "is it a scan"),
        ("handbook.pdf", b"hello", "is no PDF"),
        ("handbook.docx", b"\xd0\xcf\x11\xe0" + bytes(99), "old Word file or locked"),
        ("handbook.docx", docx("x")[:300], "damaged or cut off"),
        ("handbook.html", b"<div>" * 20_000, ""),
        ("handbook.zip", b"no", "is no zip file"),
    ],
)
def test_a_document_that_cannot_be_read_is_one_sentence(
    ws: Workspace, file: WriteFile, name: str, data: bytes, words: str
) -> None:
    with pytest.raises(UnreadableFile) as caught:
        import_documents(ws, file(name, data), author="kim")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ws.demonstrations.count() == 0

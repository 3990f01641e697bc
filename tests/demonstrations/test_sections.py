"""What is a section of a document: questions and headings of every kind, and paragraphs where there is none."""

from __future__ import annotations

import pytest

from tests.demonstrations.conftest import WriteFile
from tests.demonstrations.test_documents import docx, pdf
from workbench.demonstrations.documents import drafts, read_document, read_documents, undrafted
from workbench.demonstrations.line_rules import asks, looks_like_heading
from workbench.demonstrations.sections import sections

PARKING = "The car park is behind the mill and closes at ten."
GYM = "Our gym is in the basement, next to the showers."
OPENINGS = ["“Our gym is in the basement, next to…”", "“The car park is behind the mill and…”"]


def asked(text: str, *, markdown: bool = False) -> list[tuple[str, str]]:
    """Questions and answers; each answer stands where its section says."""
    found = sections(text, markdown=markdown)
    assert all(text[part.start : part.end] == part.body for part in found)
    return [(part.heading, part.body) for part in found if part.is_question]


def pairs(file: WriteFile, name: str, data: str | bytes) -> list[tuple[str, str]]:
    return [(row.prompt, row.response) for row in read_document(file(name, data)).fields]


TWO = [("Where is HR?", "Floor 2."), ("When is lunch?", "At noon.")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.txt", "Q: Where is HR?\nA: Floor 2.\n\nQ: When is lunch?\nA: At noon.\n"),
        ("no-gap.txt", "Q: Where is HR?\nA: Floor 2.\nQ: When is lunch?\nA: At noon.\n"),
        ("counted.txt", "Q1. Where is HR?\nA1. Floor 2.\nQ2. When is lunch?\nA2. At noon.\n"),
        ("one-line.txt", "Q: Where is HR? A: Floor 2.\nQ: When is lunch? A: At noon.\n"),
        ("apart.txt", "Question: Where is HR?\n\nAnswer: Floor 2.\n\nQuestion: When is lunch?\n\nAnswer: At noon.\n"),
        ("cut.txt", "Q: Where is\nHR?\nA: Floor 2.\nQ: When is lunch?\nA: At noon.\n"),
        ("numbers.txt", "1. Where is HR?\nFloor 2.\n2. When is lunch?\nAt noon.\n"),
        ("brackets.txt", "FAQ\n\n(1) Where is HR?\nFloor 2.\n(2) When is lunch?\nAt noon.\n"),
        ("bare.txt", "Where is HR?\nFloor 2.\nWhen is lunch?\nAt noon.\n"),
        ("labels.md", "# FAQ\n\nQ: Where is HR?\nA: Floor 2.\n\n**Q:** When is lunch?\n\n**A:** At noon.\n"),
        ("bold.md", "# FAQ\n\n**Where is HR?**\n\nFloor 2.\n\n__When is lunch?__\nAt noon.\n"),
        ("list.md", "1. **Where is HR?**\n\n   Floor 2.\n\n2. **When is lunch?**\n\n   At noon.\n"),
        ("bold.html", "<p><b>Where is HR?</b></p><p>Floor 2.</p><p><strong>When is lunch?</strong><br>At noon.</p>"),
        ("terms.html", "<dl><dt>Where is HR?</dt><dd>Floor 2.</dd><dt>When is lunch?</dt><dd>At noon.</dd></dl>"),
        (
            "opens.html",
            "<details><summary>Where is HR?</summary><p>Floor 2.</p></details>"
            "<details><summary><h3>When is lunch?</h3></summary>At noon.</details>",
        ),
        (
            "button.html",
            "<h3><button>Where is HR?</button></h3><p>Floor 2.<h3><button>When is lunch?</button></h3>At noon.",
        ),
    ],
)
def test_questions_are_found_however_they_are_written(file: WriteFile, name: str, text: str) -> None:
    assert pairs(file, name, text) == TWO


def test_bold_questions_of_a_word_document(file: WriteFile) -> None:
    second = "</w:t></w:r></w:p><w:p><w:r><w:rPr><w:b/></w:rPr><w:t>When is lunch?</w:t></w:r></w:p><w:p><w:r><w:t>"
    assert pairs(file, "a.docx", docx(f"Floor 2.{second}At noon.", bold=True)) == TWO


def test_what_only_looks_like_a_question_of_its_own() -> None:
    inside = "1. When may I act?\nAsk yourself:\n1. Is it safe?\n3. Is it legal?\n"
    assert [question for question, _ in asked(inside + "\nThen act.\n")] == ["1. When may I act?"]
    assert asked("Q: Who knows?\nA. Smith knows.\n") == [("Q: Who knows?", "A. Smith knows.")]
    assert asked("Some say **why?** and go.\n\n`**Why is this?**`\n", markdown=True) == []
    assert asked("Drive F: is full.\n\nA: none.\n") == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Πού είναι το HR;", True),
        ("Πού είναι το γραφείο\u037e", True),
        ("أين يقع قسم الموارد البشرية؟", True),
        ("停车场在哪里？", True),
        ("return value;", False),
        ("Let β = 2;", False),
        ("Where is it", False),
    ],
)
def test_signs_of_a_question(line: str, expected: bool) -> None:
    assert asks(line) is expected
    assert [question for question, _ in asked(f"{line}\n\n{GYM}\n")] == [line] * expected


def test_greek_arabic_and_chinese_documents(file: WriteFile) -> None:
    greek = "Πού είναι το γραφείο;\nΣτον δεύτερο όροφο· αριστερά.\n\n"
    text = greek + "أين يقع المكتب؟\nفي الطابق الثاني.\n\n问：停车场在哪里？\n答：在楼后。\n"
    assert pairs(file, "a.txt", text) == [
        ("Πού είναι το γραφείο;", "Στον δεύτερο όροφο· αριστερά."),
        ("أين يقع المكتب؟", "في الطابق الثاني."),
        ("停车场在哪里？", "在楼后。"),
    ]


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        (
            "short.txt",
            "Our gym is in the basement.\n\nIt opens at eight.\n",
            ["“Our gym is in the basement. It opens…”"],
        ),
        (
            "two.txt",
            f"{GYM}\n\n{PARKING}\n",
            ["“Our gym is in the basement, next to…”", "“The car park is behind the mill and…”"],
        ),
        ("headed.txt", f"Gym\n\n{GYM}\n\nWhere to park\n{PARKING}\n", ["Gym", "Where to park"]),
        ("underlined.txt", f"Gym\n===\n{GYM}\n\nPARKING\n\n{PARKING}\n", ["Gym", "PARKING"]),
        (
            "pages.pdf",
            pdf([GYM], [PARKING]),
            ["“Our gym is in the basement, next to…”", "“The car park is behind the mill and…”"],
        ),
        ("headed.pdf", pdf(["Gym", GYM, "Parking", PARKING]), ["Gym", "Parking"]),
        (
            "prose.md",
            f"{GYM}\n\n{PARKING}\n",
            ["“Our gym is in the basement, next to…”", "“The car park is behind the mill and…”"],
        ),
    ],
)
def test_text_without_questions_is_offered_by_its_headings_or_paragraphs(
    file: WriteFile, name: str, data: str | bytes, found: list[str]
) -> None:
    documents = read_documents(file(name, data))
    assert drafts(name, documents).fields == []
    offered = drafts(name, documents, wanted="all")
    assert [row.origin["section"] for row in offered.fields if row.origin] == found
    places = [(row.response, row.origin) for row in offered.fields if row.origin and row.origin["document"] == name]
    assert len(places) == len(offered.fields)
    assert offered.fields[0].prompt == f"What should I know about {found[0]}?"
    assert offered.fields[0].response.startswith("Our gym")
    if isinstance(data, str):
        assert all(
            data[row.origin["start"] : row.origin["end"]] == row.response for row in offered.fields if row.origin
        )


def test_a_response_ends_at_a_heading_that_is_surely_one() -> None:
    text = f"Where is HR?\n\nFloor 2\n\nTurn left.\n\nTRAVEL\n\n{PARKING}\n"
    assert asked(text) == [("Where is HR?", "Floor 2\n\nTurn left.")]
    assert [part.heading for part in sections(text, markdown=False)] == ["Where is HR?", "TRAVEL"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Opening hours", True),
        ("3.1 Opening hours", True),
        ("It opens at eight.", False),
        ("Bring the following:", False),
        ("- Laptop", False),
        ("and so on", False),
        ("Most pages are written in Markdown. But", False),
        ("This line of a paragraph is so long that nobody would take it for one", False),
    ],
)
def test_what_may_be_a_heading(line: str, expected: bool) -> None:
    assert looks_like_heading(line) is expected


def test_a_comment_inside_a_section_does_not_move_its_characters(file: WriteFile) -> None:
    text = "# Where is HR?\n\n<!-- before -->\nFloor 2.\n\n<!-- in -->\n[map]: https://x.example\n\n<!-- after -->\n"
    (row,) = read_document(file("a.md", text)).fields
    assert row.origin is not None
    assert text[row.origin["start"] : row.origin["end"]] == row.response
    assert row.response.startswith("Floor 2.")
    assert row.response.endswith("x.example")


def test_a_document_that_gives_no_draft_says_why(file: WriteFile) -> None:
    def said(name: str, text: str, *, every: bool = False) -> list[str]:
        documents = read_documents(file(name, text))
        return undrafted(documents, wanted="all" if every else "questions", all_wanted_by="ask for all")

    assert said("a.txt", f"{GYM}\n\n{PARKING}\n") == [
        "a.txt: no heading asks a question; ask for all to get drafts of its 2 sections with proposed questions."
    ]
    assert said("a.txt", GYM, every=True) == []
    assert said("b.txt", "Hello.\n", every=True) == [
        "b.txt: no heading asks a question, and no section has 40 characters; write each question as a heading or a "
        "line of its own that ends with a question mark, and its answer below."
    ]
    assert said("c.md", "# Where is HR?\n\nFloor 2.\n") == []

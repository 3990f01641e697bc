"""Workbooks as offices keep them: several sheets, hidden ones, titles, merged cells, formulas that failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.demonstrations.conftest import Cells, Sheet, write_sheets, write_workbook
from workbench.demonstrations.importing import read_demonstrations
from workbench.errors import UnreadableFile

HEADER = ("Question", "Answer")


def read(path: Path) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    found = read_demonstrations(path)
    return [(row.prompt, row.response) for row in found.fields], found.notes


def test_hidden_sheets_are_not_read_and_that_is_said(tmp_path: Path) -> None:
    old, faq = Sheet("Old", [HEADER, ("O?", "o")], hidden=True), Sheet("FAQ", [HEADER, ("A?", "b")])
    assert read(write_sheets(tmp_path / "a.xlsx", [old, faq, Sheet("Sheet3", [])])) == (
        [("A?", "b")],
        ("Sheets read: 'FAQ'; not read: 'Old' (hidden).",),
    )
    with pytest.raises(UnreadableFile, match="no visible sheet with a header line and rows"):
        read(write_sheets(tmp_path / "b.xlsx", [old]))


def test_all_sheets_with_the_same_questions_and_answers_are_read(tmp_path: Path) -> None:
    sheets = [
        Sheet("Notes", [("By", "Date"), ("kim", "May")]),
        Sheet("HR", [HEADER, ("A?", "b"), ("C?", "")]),
        Sheet("IT", [("Answer", "Question", "Topic"), ("e", "D?", "mail")]),
        Sheet("Deutsch", [("Frage", "Antwort"), ("F?", "g")]),
    ]
    path = write_sheets(tmp_path / "a.xlsx", sheets)
    rows, notes = read(path)
    assert rows == [("A?", "b"), ("D?", "e")]
    assert notes == ("Sheets read: 'HR', 'IT'; not read: 'Notes' (other columns), 'Deutsch' (other columns).",)
    assert [(row.row, row.reason) for row in read_demonstrations(path).rejected] == [
        (2, "the response is empty (line 3 of the sheet 'HR', the header line counted)")
    ]


def test_sheets_whose_columns_tell_nothing_are_left_to_the_person(tmp_path: Path) -> None:
    sheets = [Sheet("One", [("Was", "Wie"), ("a", "b")]), Sheet("Two", [("Was", "Wie"), ("c", "d")])]
    path = write_sheets(tmp_path / "a.xlsx", sheets)
    found = read_demonstrations(path, prompt_column="Was", response_column="Wie")
    assert [row.prompt for row in found.fields] == ["a", "c"]


@pytest.mark.parametrize("title", [("FAQ", "2026"), ("FAQ", "", "as of May"), ("FAQ",)])
def test_a_title_is_no_header(tmp_path: Path, title: tuple[str, ...]) -> None:
    assert read(write_workbook(tmp_path / "a.xlsx", [title, (), HEADER, ("A?", "b")]))[0] == [("A?", "b")]


def test_merged_cells_count_for_all_their_rows(tmp_path: Path) -> None:
    rows: Cells = [
        ("Category", *HEADER),
        ("HR", "A?", "b"),
        ("", "C?", "both"),
        ("", "D?", ""),
        ("", "", ""),
        ("IT", "E?", "f"),
    ]
    path = write_sheets(tmp_path / "a.xlsx", [Sheet("FAQ", rows, merged=["A2:A5", "C3:C5"])])
    assert [(row.prompt, row.response, row.tags) for row in read_demonstrations(path).fields] == [
        ("A?", "b", ("HR",)),
        ("C?", "both", ("HR",)),
        ("D?", "both", ("HR",)),
        ("E?", "f", ("IT",)),
    ]


def test_truth_values_are_text_and_failed_formulas_are_no_answers(tmp_path: Path) -> None:
    rows: Cells = [HEADER, ("Is it open?", True), ("Is it closed?", False), ("Where?", "#N/A"), ("Who?", "#REF!")]
    found = read_demonstrations(write_workbook(tmp_path / "a.xlsx", rows))
    assert [(row.prompt, row.response) for row in found.fields] == [
        ("Is it open?", "TRUE"),
        ("Is it closed?", "FALSE"),
    ]
    assert [row.row for row in found.rejected] == [3, 4]

"""Files of every format, well-formed or not, packed or misnamed; those that cannot be read change nothing."""

from __future__ import annotations

import gzip
import json
import time
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.demonstrations.conftest import WriteFile, texts, write_workbook
from workbench.demonstrations.delimited import guard, unguard
from workbench.demonstrations.importing import import_demonstrations, read_demonstrations
from workbench.errors import UnreadableFile
from workbench.workspace import Workspace


def test_csv_counts_data_rows_and_says_the_line(ws: Workspace, file: WriteFile) -> None:
    path = file(
        "rows.csv",
        'id;Question;Ideal Answer\n1;Where?;"On two\nlines; with a semicolon"\n'
        "2;;Nobody asked\n\n3;When?;At 9:00;extra\n",
    )
    report = import_demonstrations(ws, path, author="kim")
    assert (report.format, report.rows, report.accepted) == ("csv", 3, 1)
    assert texts(ws) == [("Where?", "On two\nlines; with a semicolon")]
    # The first record spans lines 2 and 3; line 5 is empty.
    assert [(row.row, row.reason) for row in report.rejected] == [
        (2, "the prompt is empty (line 4 of the file, the header line counted)"),
        (3, "the row has 4 cells but the header has 3 (line 6 of the file, the header line counted)"),
    ]


def test_tsv_and_byte_order_mark(ws: Workspace, file: WriteFile) -> None:
    path = file("rows.tsv", "prompt\tresponse\nWo?\tIm Büro, hinten\n".encode("utf-16"))
    assert import_demonstrations(ws, path, author="kim").accepted == 1
    assert texts(ws) == [("Wo?", "Im Büro, hinten")]


def test_a_quote_that_is_never_closed_costs_one_row(ws: Workspace, file: WriteFile) -> None:
    path = file("rows.csv", 'prompt,response\nA?,B\nC?,"D\nE?,F\n')
    report = import_demonstrations(ws, path, author="kim")
    assert report.accepted == 1
    assert [(row.row, "never closed" in row.reason) for row in report.rejected] == [(2, True)]


def test_old_line_ends_and_excels_separator(file: WriteFile) -> None:
    for text in ("prompt,response\rA?,b\r", "sep=;\r\nprompt;response\r\nA?;b\r\n", "prompt,response\r\nA?,b\n,\r\n"):
        assert [row.prompt for row in read_demonstrations(file("a.csv", text)).fields] == ["A?"], text


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=20) | st.from_regex(r"'*[=+\-@\t\r].*", fullmatch=True))
def test_a_guarded_cell_is_no_formula_and_comes_back(cell: str) -> None:
    assert not guard(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguard(guard(cell)) == cell


def test_json_lists_wrapped_lists_and_lines_called_json(ws: Workspace, file: WriteFile) -> None:
    rows = [{"instruction": "Sum up:", "input": "a long text", "output": "short"}, {"instruction": "x"}]
    report = import_demonstrations(ws, file("a.json", json.dumps(rows)), author="kim")
    assert (report.format, report.accepted) == ("json", 1)
    assert [(row.row, row.reason) for row in report.rejected] == [(2, "the response is empty")]
    assert texts(ws) == [("Sum up:\n\na long text", "short")]
    wrapped = file("b.json", json.dumps({"data": [{"q": "Q", "a": 42}]}))
    assert import_demonstrations(ws, wrapped, author="kim").accepted == 1
    assert texts(ws)[-1] == ("Q", "42")
    lines = file("c.json", '{"prompt": "L", "response": "1"}\n{"prompt": "M", "response": "2"}\n')
    assert import_demonstrations(ws, lines, author="kim").format == "jsonl"


def test_nearly_valid_json_is_mended_and_that_is_said(file: WriteFile) -> None:
    text = '[{"prompt": "A, ] b?", "response": "x // no comment",}, // one\n {"prompt": "C?", "response": "d"},\n]'
    found = read_demonstrations(file("a.json", text))
    assert [(row.prompt, row.response) for row in found.fields] == [("A, ] b?", "x // no comment"), ("C?", "d")]
    assert "was mended" in found.notes[0]
    lines = read_demonstrations(
        file("a.jsonl", '{"prompt": "A?", "response": "b",},\n{"prompt": "C?", "response": "d"}\n')
    )
    assert len(lines.fields) == 2
    assert "1 lines were not valid JSON and were mended" in lines.notes[0]


def test_a_list_that_breaks_off_gives_what_is_whole(file: WriteFile) -> None:
    found = read_demonstrations(file("a.json", '[{"prompt": "A?", "response": "b"}, {"prompt": "C?", "resp'))
    assert [row.prompt for row in found.fields] == ["A?"]
    assert [(row.row, "broken from here on" in row.reason) for row in found.rejected] == [(2, True)]


@pytest.mark.parametrize(
    "content",
    [
        {"question": ["A?", "C?"], "answer": ["b", "d"]},
        {"one": {"question": "A?", "answer": "b"}, "two": {"question": "C?", "answer": "d"}},
        [[{"question": "A?", "answer": "b"}], [{"question": "C?", "answer": "d"}]],
        {"faq": [{"question": "A?", "answer": "b"}, {"question": "C?", "answer": ["d"]}]},
    ],
)
def test_json_in_other_shapes(file: WriteFile, content: object) -> None:
    found = read_demonstrations(file("a.json", json.dumps(content)))
    assert [(row.prompt, row.response) for row in found.fields] == [("A?", "b"), ("C?", "d")]


def test_parquet_and_spreadsheets(ws: Workspace, tmp_path: Path) -> None:
    rows = [{"prompt": "A?", "response": "b", "tags": ["x", "y"]}, {"prompt": "C?", "response": "d", "tags": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    assert import_demonstrations(ws, tmp_path / "a.parquet", author="kim").accepted == 2
    assert ws.demonstrations.list()[0].tags == ("x", "y")
    sheet = [["FAQ of the office"], [], ["Question", "Answer", "Nr"], ["E?", 42.0, 1], ["", "", ""], ["G?", "", 2]]
    write_workbook(tmp_path / "a.xlsx", sheet)
    report = import_demonstrations(ws, tmp_path / "a.xlsx", author="kim")
    assert (report.format, report.accepted) == ("xlsx", 1)
    assert texts(ws)[-1] == ("E?", "42")
    assert [(row.row, row.reason) for row in report.rejected] == [
        (2, "the response is empty (line 6 of the sheet, the header line counted)")
    ]


def test_packed_files_and_wrong_names(tmp_path: Path) -> None:
    rows = b"prompt,response\nA?,b\n"
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(rows[:9]) + gzip.compress(rows[9:]))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../../evil/faq.csv", rows)
        archive.writestr("__MACOSX/._faq.csv", b"junk")
    (tmp_path / "a.json").write_bytes(rows)
    (tmp_path / "a.xlsx").write_bytes(rows)
    (tmp_path / "b.csv").write_bytes(b'{"prompt": "A?", "response": "b"}\n')
    for name in ("a.csv.gz", "a.zip", "a.json", "a.xlsx", "b.csv"):
        found = read_demonstrations(tmp_path / name)
        assert [(row.prompt, row.response) for row in found.fields] == [("A?", "b")], name
        assert found.notes, name


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "name,age\nAda,36\n", "no column is the prompt: the columns are 'name', 'age'"),
        ("a.csv", "prompt,age\nAda,36\n", "no column is the response"),
        ("a.csv", "prompt,prompt,response\n1,2,3\n", "stands twice"),
        ("a.csv", "prompt,response\n", "no rows"),
        ("a.jsonl", "", "the file is empty"),
        ("a.json", " \n ", "the file is empty"),
        ("a.json", "[]", "no rows"),
        ("a.json", '{"prompt": ', "not valid JSON"),
        ("a.jsonl", "no json\nat all\n", "not one row can be read; row 1"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.jsonl", bytes(range(256)) * 40, "binary data"),
        ("a.xlsx", b"PK\x03\x04", "zip file is damaged or cut off"),
        ("a", "x", "files ending in ''"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    ws: Workspace, file: WriteFile, name: str, content: str | bytes, words: str
) -> None:
    with pytest.raises(UnreadableFile) as caught:
        import_demonstrations(ws, file(name, content), author="kim")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ws.demonstrations.count() == 0


def test_a_file_that_is_not_there_or_is_a_folder(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="There is no file"):
        import_demonstrations(ws, tmp_path / "missing.csv", author="kim")
    with pytest.raises(UnreadableFile, match="is a folder without"):
        import_demonstrations(ws, tmp_path, author="kim")


def test_a_large_file_is_refused_unread(ws: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as stream:
        stream.truncate(200 * 2**20)  # sparse: takes no room on the disk
    began = time.monotonic()
    with pytest.raises(UnreadableFile, match="has 200 MB; at most 25 MB"):
        import_demonstrations(ws, path, author="kim")
    assert time.monotonic() - began < 5


def test_a_hostile_file_cannot_take_the_memory(ws: Workspace, file: WriteFile) -> None:
    # 6 MB that become two million lists.
    path = file("bomb.json", b"[" + b"[]," * (2 * 2**20) + b"[]]")
    with pytest.raises(UnreadableFile, match=r"memory|more than 200,000 rows"):
        import_demonstrations(ws, path, author="kim")

"""Import and export on the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Cli


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text("prompt,response\nWhere is HR?,Floor 2.\nWho leads IT?,Ada.\n,Nobody\n")
    return path


def test_import_reports_each_row(cli: Cli, rows: Path) -> None:
    expected = {
        "format": "csv",
        "rows": 3,
        "accepted": 2,
        "duplicates": 0,
        "rejected": [{"row": 3, "reason": "the prompt is empty (line 4 of the file, the header line counted)"}],
    }
    found = cli("import", rows, "--as", "demonstrations", "--json")
    assert (found.code, found.json) == (0, expected)
    again = cli("import", rows, "--as", "demonstrations")
    assert again.out == f"{rows}: 3 rows, 0 accepted, 2 duplicates, 1 rejected\n"
    assert "row 3: the prompt is empty" in again.err


def test_columns_that_are_not_used_are_said_and_can_be_chosen(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "faq.csv"
    path.write_text("Question,Answer,Status,Tags\nWhere?,Here.,Escalated,places\n")
    more = tmp_path / "more.jsonl"
    more.write_text('{"q": "When?", "a": "Now.", "nr": 3}\n')
    found = cli("import", path, "--as", "demonstrations", "--json", "--ignore", "Tags")
    assert (found.code, found.json["accepted"], found.json["unused_columns"]) == (0, 1, ["Tags"])
    assert "'Status' holds words that are not known here ('Escalated'): their rows come in as drafts." in found.err
    found = cli("import", path, more, "--as", "demonstrations")
    assert "Not used: column 'nr'." in found.err
    found = cli("import", path, more, "--as", "demonstrations", "--json")
    assert found.json["unused_columns"] == [{"file": str(more), "column": "nr"}]
    assert cli("import", path, "--as", "preferences", "--ignore", "Tags").code == 2


def test_several_files_are_all_read_before_any_is_stored(cli: Cli, root: Path, rows: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    found = cli("import", rows, bad, "--as", "demonstrations", "--json")
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith("error: bad.json: the file is not valid JSON")
    assert found.err.count("\n") == 1
    assert not (root / "workbench.duckdb").exists()
    more = tmp_path / "more.jsonl"
    more.write_text('{"q": "When?", "a": "Now."}\n{"q": ""}\n')
    found = cli("import", rows, more, "--as", "demonstrations", "--json")
    assert (found.json["format"], found.json["rows"], found.json["accepted"]) == ("several", 5, 3)
    assert [row["file"] for row in found.json["rejected"]] == [str(rows), str(more)]


def test_rejected_rows_of_several_files_are_mended_and_imported(cli: Cli, rows: Path, tmp_path: Path) -> None:
    more, out = tmp_path / "more.jsonl", tmp_path / "rejected.csv"
    more.write_text('{"q": "When?", "a": "Now."}\n{"q": "How?", "a": ""}\n')
    cli("import", rows, more, "--as", "demonstrations", "--rejected", out)
    written = out.read_text(encoding="utf-8-sig")
    reason = "the prompt is empty (line 4 of the file, the header line counted)"
    assert written.splitlines() == [
        "file,row,reason,prompt,response,q,a",
        f'{rows},3,"{reason}",,Nobody,,',
        f"{more},2,the response is empty,,,How?,",
    ]
    out.write_text(written.replace(",,Nobody", ",Who?,Nobody"))
    assert cli("import", out, "--as", "demonstrations", "--json").json["accepted"] == 1


def test_html_is_kept_where_that_is_said(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "faq.csv"
    path.write_text("prompt,response\nHow?,Press <b>Start</b>\n")
    kept, stripped = (
        cli("import", path, "--as", "demonstrations", "--html", "keep"),
        cli("import", path, "--as", "demonstrations"),
    )
    assert "HTML" not in kept.err
    assert "HTML was taken out of 1 row." in stripped.err
    out = tmp_path / "out.jsonl"
    cli("export", "demonstrations", out)
    assert [json.loads(line)["response"] for line in out.read_text().splitlines()] == [
        "Press <b>Start</b>",
        "Press Start",
    ]
    assert cli("import", path, "--as", "preferences", "--html", "keep").code == 2


def test_a_file_name_that_is_no_text_is_no_hindrance(cli: Cli, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    path = Path(os.fsdecode(folder + b"/na\xffme.csv"))
    path.write_text("prompt,response\nWo?,Hier.\n,x\n")
    found = cli("import", path, "--as", "demonstrations")
    assert (found.code, "1 accepted" in found.out) == (0, True)
    assert json.loads(cli("import", path, path, "--as", "demonstrations", "--json").out)["duplicates"] == 2
    out = tmp_path / "out.jsonl"
    cli("export", "demonstrations", out)
    assert json.loads(out.read_text())["source"] == "na\ufffdme.csv"
    handbook = Path(os.fsdecode(folder + b"/na\xffme.md"))
    handbook.write_text("## Where is HR?\n\nFloor 2.\n")
    assert cli("import", handbook, "--as", "documents").code == 0
    assert cli("import", path, "--as", "documents").code == 1
    missing = cli("import", Path(os.fsdecode(folder + b"/no\xff.csv")), "--as", "demonstrations")
    assert (missing.code, missing.err.count("\n")) == (1, 1)


def test_import_of_pairs_and_documents(cli: Cli, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text('{"prompt": "P?", "chosen": "good", "rejected": "bad"}\n')
    assert cli("import", pairs, "--as", "preferences", "--author", "kim", "--json").json["accepted"] == 1
    handbook = tmp_path / "handbook.md"
    handbook.write_text("## Where is HR?\n\nFloor 2.\n")
    assert cli("import", handbook, "--as", "documents", "--json").json["format"] == "markdown"
    out = tmp_path / "votes.jsonl"
    assert cli("export", "votes", out, "--json").json == {"kind": "votes", "rows": 1, "file": str(out)}
    assert json.loads(out.read_text())["annotator"] == "kim"


def test_a_document_that_asks_nothing_says_what_to_do(cli: Cli, tmp_path: Path) -> None:
    plain = tmp_path / "plain.txt"
    plain.write_text("Our gym is in the basement.\n\nIt opens at eight.\n")
    found = cli("import", plain, "--as", "documents", "--json")
    assert found.json["rows"] == 0
    assert found.err == (
        "plain.txt: no heading asks a question; use --sections all to get drafts of its one section with proposed "
        "questions.\n"
    )
    found = cli("import", plain, "--as", "documents", "--sections", "all", "--json")
    assert (found.json["accepted"], found.err) == (1, "")


def test_export_and_its_failures(cli: Cli, rows: Path, tmp_path: Path) -> None:
    cli("import", rows, "--as", "demonstrations")
    assert cli("export", "demonstrations", tmp_path / "out.csv").out == f"{tmp_path / 'out.csv'}: 2 rows\n"
    found = cli("export", "demonstrations", tmp_path / "out.xlsx")
    assert (found.code, found.out) == (1, "")
    assert found.err == "error: out.xlsx: an export can be written as .jsonl .csv .parquet; name the file so.\n"

"""Large files of lines in any encoding, and what a bad byte or a line that is too long costs."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.demonstrations.conftest import WriteFile, lines
from workbench.demonstrations import bulk, bulk_child
from workbench.demonstrations.import_report import RejectedRow
from workbench.demonstrations.importing import import_demonstrations
from workbench.demonstrations.rejected_file import with_lines
from workbench.errors import UnreadableFile
from workbench.workspace import Workspace

SETTINGS = json.dumps({"author": "kim", "choice": None, "asked": asdict(bulk.Asked())})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp1252", "cp1251", "utf-8"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_large_files_in_any_encoding_and_with_any_line_ends(
    ws: Workspace, file: WriteFile, monkeypatch: pytest.MonkeyPatch, encoding: str, end: str
) -> None:
    monkeypatch.setattr(bulk, "LARGE_BYTES", 0)
    word = "Здравствуйте, коллеги, как пройти" if encoding == "cp1251" else "Größe überprüfen für Gänge"
    rows: list[dict[str, object]] = [{"prompt": f"{word} {n}?", "response": f"{word}: {n}."} for n in range(40)]
    path = file("a.jsonl", end.join(json.dumps(row, ensure_ascii=False) for row in rows).encode(encoding))
    report = import_demonstrations(ws, path, author="kim")
    assert (report.accepted, report.rejected) == (40, [])
    assert {row.prompt for row in ws.demonstrations.list()} == {row["prompt"] for row in rows}


def test_a_bad_byte_costs_its_row_in_a_large_file_too(
    ws: Workspace, file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = [json.dumps({"prompt": f"Größe {n}?", "response": "Ä"}, ensure_ascii=False).encode() for n in range(9)]
    data[4] = data[4].replace("ö".encode(), b"\xff")
    path = file("a.jsonl", b"\n".join(data))
    small = import_demonstrations(ws, path, author="kim")
    assert [(row.row, row.reason) for row in small.rejected] == [(5, "the row holds bytes that are not UTF-8")]
    monkeypatch.setattr(bulk, "LARGE_BYTES", 0)
    large = import_demonstrations(ws, path, author="kim")
    assert (large.rejected, large.duplicates) == ([replace(row, values=None) for row in small.rejected], 8)


def test_a_large_file_whose_name_is_no_text(
    ws: Workspace, file: WriteFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bulk, "LARGE_BYTES", 0)
    path = file("a.jsonl", lines([{"prompt": "Where?", "response": "Here."}]))
    odd = path.rename(tmp_path / os.fsdecode(b"na\xffme.jsonl"))
    assert import_demonstrations(ws, odd, author="kim").accepted == 1
    assert ws.demonstrations.list()[0].source == "na\ufffdme.jsonl"


def test_the_line_that_is_too_long_is_named(file: WriteFile, tmp_path: Path) -> None:
    rows = lines([{"prompt": f"Where is room {n}?", "response": "x" * 30_000} for n in range(1_200)])
    path = file("a.jsonl", rows + '{"prompt": "' + "x" * 2**24 + '", "response": "x"}\n')
    with pytest.raises(UnreadableFile, match="line 1,201 is longer than 16 MB"):
        bulk_child.stage([str(path), "a.jsonl", str(tmp_path), SETTINGS])


@pytest.mark.parametrize(("encoding", "end"), [("utf-8", "\n"), ("utf-16", "\r\n"), ("cp1252", "\n"), ("utf-8", "\r")])
def test_rejected_rows_of_a_large_file_come_with_what_they_held(file: WriteFile, encoding: str, end: str) -> None:
    rows = [json.dumps({"prompt": f"Größe {n}?", "response": "x" * (n % 2)}, ensure_ascii=False) for n in range(40)]
    found = with_lines(file("a.jsonl", end.join(rows).encode(encoding)), [RejectedRow(1, "empty"), RejectedRow(39, "")])
    assert [item.values for item in found] == [{"prompt": f"Größe {n}?", "response": ""} for n in (0, 38)]

"""Dataset folders in zip files: what an export makes and what others make."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage.demonstrations import Origin
from workbench.demonstrations.archives import MAX_UNPACKED_BYTES
from workbench.demonstrations.dataset_zip import dataset_files, holds_rows
from workbench.demonstrations.editing import add_demonstration, update_demonstration
from workbench.demonstrations.exporting import DEMONSTRATION_COLUMNS, export_demonstrations
from workbench.demonstrations.import_report import reasons
from workbench.demonstrations.importing import check_table, import_demonstrations, propose
from workbench.demonstrations.parsing import parse_file
from workbench.demonstrations.rejected_file import rejected_csv
from workbench.demonstrations.splits import SPLITS
from workbench.errors import UnreadableFile
from workbench.workspace import Workspace

ROW = b'{"prompt": "A?", "response": "b"}\n'
KEPT = tuple(name for name in DEMONSTRATION_COLUMNS if name not in ("id", "created_at", "updated_at"))


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def fill(ws: Workspace) -> None:
    for number, split in enumerate([*SPLITS, *SPLITS]):
        row = add_demonstration(
            ws, prompt=f"Où {number}?", response=f"Étage\n{number} 🙂", author=f"kim {number}", tags=["a;b", "=c"],
            source=f"faq.md#{number}", split=split, status=("draft", "approved", "rejected")[number // 2],
        )  # fmt: skip
        update_demonstration(ws, row.id, by="kim", key_facts=[f"floor {number}"], fact_id=f"f{number}")
    origin = Origin(document="handbook.md", section="A > 1", start=10, end=13)
    ws.demonstrations.update(replace(ws.demonstrations.list()[0], origin=origin), by="lee")


def content(ws: Workspace) -> list[tuple[object, ...]]:
    return sorted((tuple(getattr(row, name) for name in KEPT) for row in ws.demonstrations.list()), key=str)


@pytest.mark.parametrize("inside", [True, False])
def test_an_exported_folder_comes_back_out_of_a_zip_with_all_fields(
    ws: Workspace, tmp_path: Path, inside: bool
) -> None:
    fill(ws)
    out = tmp_path / "made" / "dataset"
    out.parent.mkdir()
    export_demonstrations(ws, out, "huggingface")
    path = Path(shutil.make_archive(str(tmp_path / "dataset"), "zip", out.parent if inside else out))
    assert holds_rows(path, "dataset.zip")
    with Workspace.open(tmp_path / "elsewhere") as other:
        report = import_demonstrations(other, path, author="somebody")
        assert (report.format, report.accepted, report.rejected) == ("parquet", 6, [])
        assert content(other) == content(ws)
    assert import_demonstrations(ws, path, author="kim").duplicates == 6


def test_rejected_rows_of_several_files_say_where_they_stand(tmp_path: Path) -> None:
    rows = {f"data/{name}.jsonl": ROW + b'{"prompt": "", "response": "in ' + name.encode() + b'"}\n' for name in "ab"}
    table = parse_file(packed(tmp_path / "a.zip", {"README.md": b"# Rows", **rows}))
    found = check_table("a.zip", table, propose(table))
    assert [(row.row, row.reason) for row in found.rejected] == [
        (2, "the prompt is empty (row 2 of a.jsonl)"),
        (4, "the prompt is empty (row 2 of b.jsonl)"),
    ]
    assert reasons(found.rejected) == [("the prompt is empty", 2)]
    assert b"in b" in rejected_csv([("a.zip", found.rejected)])
    assert found.notes == ("The rows of 2 files were read from the dataset folder in the zip file.",)


def test_which_files_of_a_zip_are_a_dataset() -> None:
    data = ["data/test.parquet", "data/train.jsonl"]
    assert dataset_files(data) == data
    assert dataset_files(["x/README.md", "x/a.csv", "x/more/c.jsonl", *(f"x/{name}" for name in data)]) == [
        f"x/{name}" for name in data
    ]
    assert dataset_files(["data/README.md", "data/data/b.jsonl", "data/a.jsonl"]) == [
        "data/a.jsonl",
        "data/data/b.jsonl",
    ]
    assert dataset_files(["a.jsonl", "b.jsonl"]) == []
    assert dataset_files(["x/y/README.md", "x/y/a.jsonl"]) == []
    assert dataset_files([]) == []


def test_a_zip_of_rows_is_told_from_a_handbook(tmp_path: Path) -> None:
    for files, rows in (
        ({"README.md": b"# Rows", "a.jsonl": ROW, "b.jsonl": ROW}, True),
        ({"faq.csv": b"prompt,response\nA?,b\n"}, True),
        ({"leave.md": b"# Who?\n\nAda.", "faq.csv": b"prompt,response\nA?,b\n"}, False),
        ({"README.md": b"# Who?\n\nAda."}, False),
    ):
        assert holds_rows(packed(tmp_path / "a.zip", files), "a.zip") is rows, files
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(UnreadableFile, match=r"a\.zip: the zip file is damaged"):
        holds_rows(tmp_path / "a.zip", "a.zip")


def test_a_dataset_in_a_zip_is_read_within_the_limits(tmp_path: Path) -> None:
    flood = b"".join(b'{"prompt": "%d?", "response": "%b"}\n' % (n, b"0" * 9_999) for n in range(99))
    half = MAX_UNPACKED_BYTES // 2 + 1
    for files, words in (
        ({"data/a.jsonl": ROW, "data/b.jsonl": flood * 9}, "made to flood"),
        ({"data/a.jsonl": bytes(half), "data/b.jsonl": bytes(half)}, "made to flood"),
        (
            {"data/a.jsonl": ROW, "data/b.parquet": b"PAR1 no"},
            "'b.parquet' in the zip file: the Parquet file is damaged",
        ),
        ({"data/a.jsonl": ROW, "data/b.jsonl": b""}, "'b.jsonl' in the zip file: the file is empty"),
        ({"a.jsonl": ROW, "b.jsonl": ROW}, "holds 2 files; it must hold one, or a dataset folder"),
    ):
        with pytest.raises(UnreadableFile, match=words):
            parse_file(packed(tmp_path / "a.zip", files))


def test_files_of_a_dataset_with_names_that_climb_are_only_labels(tmp_path: Path) -> None:
    pq.write_table(pa.table({"prompt": ["B?"], "response": ["c"]}), tmp_path / "b.parquet")
    path = packed(
        tmp_path / "a.zip",
        {"../../data/a.jsonl": ROW, "../../data/b.parquet": (tmp_path / "b.parquet").read_bytes(), "data/x.csv": b"?"},
    )
    table = parse_file(path)
    assert [row.values for row in table.rows] == [{"prompt": "A?", "response": "b"}, {"prompt": "B?", "response": "c"}]
    assert "what is not .parquet or .jsonl in it was left out" in table.notes[0]

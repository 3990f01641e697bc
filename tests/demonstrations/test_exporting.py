"""Exports, and that an import takes them back."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from storage.demonstrations import Origin
from workbench.demonstrations import bulk
from workbench.demonstrations.editing import add_demonstration, update_demonstration
from workbench.demonstrations.exporting import Style, export_demonstrations
from workbench.demonstrations.importing import import_demonstrations
from workbench.errors import InvalidInput
from workbench.workspace import Workspace

TRICKY = [
    ("=SUM(A1)", "+1 555 0100"),
    ("'=quoted", '@home; a, "b"\nsecond line'),
    ("Où est «HR»?", "– Étage 2\r\n- à gauche 🙂"),
    ("-5 degrees?", "''-well"),
]


def fill(ws: Workspace) -> None:
    for number, (prompt, response) in enumerate(TRICKY):
        row = add_demonstration(ws, prompt=prompt, response=response, author="kim", tags=["a;b", "c"], split="test")
        facts = [None, [], ["floor 2; room 3", "9:00"], ["x"]][number]
        update_demonstration(ws, row.id, by="kim", key_facts=facts, fact_id=f"f{number}" if number else None)
    row = add_demonstration(ws, prompt="Draft?", response="Yes", author="lee", status="draft", source="handbook.md#1")
    origin = Origin(document="handbook.md", section="A > 1", start=10, end=13)
    ws.demonstrations.update(replace(row, origin=origin), by="lee")


def content(ws: Workspace) -> list[tuple[object, ...]]:
    return [
        (r.prompt, r.response, r.tags, r.source, r.author, r.status, r.split, r.fact_id, r.key_facts, r.origin)
        for r in ws.demonstrations.list()
    ]


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("out.jsonl", "plain"),
        ("out.csv", "plain"),
        ("out.parquet", "plain"),
        ("out.jsonl", "messages"),
        ("out.parquet", "messages"),
        ("out.jsonl", "alpaca"),
        ("out.jsonl", "sharegpt"),
        ("out", "huggingface"),
    ],
)
@pytest.mark.parametrize("large", [False, True])
def test_what_was_exported_can_be_imported_elsewhere(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, style: Style, large: bool
) -> None:
    monkeypatch.setattr(bulk, "LARGE_BYTES", 0 if large else bulk.LARGE_BYTES)
    fill(ws)
    out = tmp_path / name
    assert export_demonstrations(ws, out, style) == 5
    with Workspace.open(tmp_path / "elsewhere") as other:
        report = import_demonstrations(other, out, author="somebody")
        assert report.rejected == []
        assert sorted(content(other), key=str) == sorted(content(ws), key=str)
        assert export_demonstrations(other, tmp_path / f"again-{name}", style) == 5
    assert import_demonstrations(ws, out, author="kim").duplicates == 5


def test_no_csv_cell_is_a_formula(ws: Workspace, tmp_path: Path) -> None:
    fill(ws)
    export_demonstrations(ws, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (rows[0]["prompt"], rows[0]["response"]) == ("'=SUM(A1)", "'+1 555 0100")
    assert rows[3]["prompt"] == "'-5 degrees?"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_jsonl_and_parquet_lose_nothing(ws: Workspace, tmp_path: Path) -> None:
    fill(ws)
    export_demonstrations(ws, tmp_path / "out.jsonl")
    export_demonstrations(ws, tmp_path / "out.parquet")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    table = pq.read_table(tmp_path / "out.parquet").to_pylist()
    for stored, line, row in zip(ws.demonstrations.list(), lines, table, strict=True):
        for read in (line, row):
            assert (read["prompt"], read["response"], read["id"]) == (stored.prompt, stored.response, stored.id)
            assert read["tags"] == list(stored.tags)
            assert read["key_facts"] == (None if stored.key_facts is None else list(stored.key_facts))
        assert row["created_at"] == stored.created_at


def test_an_export_says_what_is_wrong(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"\.jsonl \.csv \.parquet"):
        export_demonstrations(ws, tmp_path / "out.xlsx")
    with pytest.raises(InvalidInput, match="does not exist"):
        export_demonstrations(ws, tmp_path / "no" / "out.csv")
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(InvalidInput, match="cannot be written"):
        export_demonstrations(ws, tmp_path / "out.csv")
    assert list(tmp_path.glob(".*.part")) == []


@pytest.mark.slow
def test_hugging_face_opens_the_folder(ws: Workspace, tmp_path: Path) -> None:
    from datasets import load_dataset

    fill(ws)
    export_demonstrations(ws, tmp_path / "company", "huggingface")
    data = load_dataset(str(tmp_path / "company"), cache_dir=str(tmp_path / "cache"))
    assert set(data) <= {"train", "validation", "test"}
    assert sorted(row["prompt"] for part in data.values() for row in part) == sorted(
        row.prompt for row in ws.demonstrations.list()
    )


def test_a_dataset_folder_replaces_only_its_like(ws: Workspace, tmp_path: Path) -> None:
    fill(ws)
    out = tmp_path / "company"
    for _ in range(2):
        assert export_demonstrations(ws, out, "huggingface") == 5
    assert "| test | 4 |" in (out / "README.md").read_text()
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="is no dataset folder"):
        export_demonstrations(ws, out, "huggingface")
    assert (out / "thesis.txt").exists()


def test_an_empty_workspace_exports_a_header(ws: Workspace, tmp_path: Path) -> None:
    for name in ("out.csv", "out.jsonl", "out.parquet"):
        assert export_demonstrations(ws, tmp_path / name) == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").startswith("id,prompt,response")
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0

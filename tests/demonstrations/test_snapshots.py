"""Frozen data."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from workbench.demonstrations.editing import add_demonstration, set_status, update_demonstration
from workbench.demonstrations.snapshots import freeze_demonstrations
from workbench.errors import NotReady
from workbench.workspace import Workspace


def test_only_approved_rows_are_frozen_in_a_fixed_order(ws: Workspace, tmp_path: Path) -> None:
    row = add_demonstration(ws, prompt="B?", response="2", author="kim", split="train", tags=["x"])
    add_demonstration(ws, prompt="A?", response="1", author="kim", split="test")
    add_demonstration(ws, prompt="C?", response="3", author="kim", status="draft")
    rejected = add_demonstration(ws, prompt="D?", response="4", author="kim")
    set_status(ws, rejected.id, "rejected", by="kim")
    update_demonstration(ws, row.id, by="kim", fact_id="f1", key_facts=["2"])
    snapshot = freeze_demonstrations(ws, tmp_path / "data")
    path = tmp_path / "data" / "demonstrations.parquet"
    table = pq.read_table(path)
    assert table.column_names == ["id", "prompt", "response", "split", "fact_id", "key_facts", "tags"]
    assert table["prompt"].to_pylist() == ["A?", "B?"]
    assert table["key_facts"].to_pylist() == [None, ["2"]]
    assert table["tags"].to_pylist() == [[], ["x"]]
    assert snapshot.rows == 2
    assert snapshot.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_content_is_the_same_snapshot(ws: Workspace, tmp_path: Path) -> None:
    row = add_demonstration(ws, prompt="A?", response="1", author="kim")
    first = freeze_demonstrations(ws, tmp_path / "one")
    again = freeze_demonstrations(ws, tmp_path / "two")
    assert first.id == again.id
    assert (tmp_path / "one/demonstrations.parquet").read_bytes() == (
        tmp_path / "two/demonstrations.parquet"
    ).read_bytes()
    update_demonstration(ws, row.id, by="kim", response="one")
    assert freeze_demonstrations(ws, tmp_path / "three").id != first.id


def test_splits_can_be_chosen_and_must_not_be_empty(ws: Workspace, tmp_path: Path) -> None:
    add_demonstration(ws, prompt="A?", response="1", author="kim", split="train")
    assert freeze_demonstrations(ws, tmp_path, splits=("train",)).rows == 1
    with pytest.raises(NotReady, match="in the split test"):
        freeze_demonstrations(ws, tmp_path, splits=("test",))

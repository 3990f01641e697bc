"""Frozen data."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from workbench.demonstrations.editing import (
    add_demonstration,
    delete_demonstration,
    set_status,
    update_demonstration,
)
from workbench.demonstrations.snapshots import (
    diff_snapshots,
    freeze_demonstrations,
    held_out_kinds,
    take_snapshot,
)
from workbench.errors import InvalidInput, NotReady
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
    assert table.column_names == [
        "id",
        "prompt",
        "response",
        "split",
        "fact_id",
        "key_facts",
        "tags",
        "held_out",
        "source",
    ]
    assert table["prompt"].to_pylist() == ["A?", "B?"]
    assert table["key_facts"].to_pylist() == [None, ["2"]]
    assert table["tags"].to_pylist() == [[], ["x"]]
    assert table["held_out"].to_pylist() == ["unseen fact", None]
    assert snapshot.counts == {"test": 1, "test: unseen fact": 1, "train": 1}
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


def test_an_unseen_wording_is_told_from_an_unseen_fact(ws: Workspace) -> None:
    train = add_demonstration(ws, prompt="Where is HR?", response="Floor 2.", author="kim", split="train", fact_id="hr")
    wording = add_demonstration(ws, prompt="Personnel office?", response="2.", author="kim", split="test", fact_id="hr")
    fact = add_demonstration(ws, prompt="Where is IT?", response="3.", author="kim", split="validation", fact_id="it")
    alone = add_demonstration(ws, prompt="Who leads?", response="Ada.", author="kim", split="test")
    kinds = held_out_kinds(ws.demonstrations.list())
    assert kinds == {wording.id: "unseen wording", fact.id: "unseen fact", alone.id: "unseen fact"}
    delete_demonstration(ws, train.id, by="kim")
    assert held_out_kinds(ws.demonstrations.list())[wording.id] == "unseen fact"


def test_named_snapshots_and_what_changed_between_them(ws: Workspace) -> None:
    kept = add_demonstration(ws, prompt="Kept?", response="Yes.", author="kim", split="train")
    reworded = add_demonstration(ws, prompt="Reworded?", response="Old.", author="kim", split="train")
    gone = add_demonstration(ws, prompt="Gone?", response="No.", author="kim", split="train")
    first = take_snapshot(ws, " March  plan ")
    assert (first.name, first.rows, first.counts) == ("March plan", 3, {"train": 3})
    with pytest.raises(InvalidInput, match="Nothing has changed since the snapshot 'March plan'"):
        take_snapshot(ws, "April")
    update_demonstration(ws, kept.id, by="kim", split="test")
    update_demonstration(ws, reworded.id, by="kim", response="New.")
    delete_demonstration(ws, gone.id, by="kim")
    add_demonstration(ws, prompt="Added?", response="Now.", author="kim")
    with pytest.raises(InvalidInput, match="already"):
        take_snapshot(ws, "March plan")
    diff = diff_snapshots(first, take_snapshot(ws, "April"))
    assert diff.added == (("Added?", "Now."),)
    assert diff.removed == (("Gone?", "No."),)
    assert diff.moved == (("Kept?", "train", "test"),)
    assert diff.reworded == (("Reworded?", "Old.", "New."),)
    assert not list((ws.root / "snapshots").glob(".part-*"))

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
from workbench.demonstrations.snapshot_diff import SnapshotDiff, diff_csv, diff_snapshots
from workbench.demonstrations.snapshots import freeze_demonstrations, held_out_kinds, take_snapshot
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
    assert told(diff) == [("Kept?", "split", "train", "test"), ("Reworded?", "response", "Old.", "New.")]
    assert not list((ws.root / "snapshots").glob(".part-*"))


def told(diff: SnapshotDiff) -> list[tuple[str, str, str, str]]:
    changes = (*diff.reworded, *diff.moved, *diff.others)
    return sorted((item.prompt, item.field, item.before, item.after) for item in changes)


def test_each_answer_of_a_prompt_is_named_once(ws: Workspace) -> None:
    rows = [add_demonstration(ws, prompt="Q?", response=text, author="kim") for text in ("r1", "r2")]
    first = take_snapshot(ws, "first")
    for row, text in zip(rows, ("r4", "r3"), strict=True):
        update_demonstration(ws, row.id, by="kim", response=text)
    second = take_snapshot(ws, "second")
    edited = diff_snapshots(first, second)
    assert told(edited) == [("Q?", "response", "r1", "r4"), ("Q?", "response", "r2", "r3")], "by their ids"
    for row in rows:
        delete_demonstration(ws, row.id, by="kim")
    for text in ("r5", "r6", "r7"):
        add_demonstration(ws, prompt="Q?", response=text, author="kim")
    anew = diff_snapshots(second, take_snapshot(ws, "third"))
    assert told(anew) == [("Q?", "response", "r3", "r5"), ("Q?", "response", "r4", "r6")], "in order"
    assert (anew.added, anew.removed, anew.renumbered) == ((("Q?", "r7"),), (), 2)


def test_a_difference_in_the_hash_is_a_difference_that_is_told(ws: Workspace) -> None:
    train = add_demonstration(ws, prompt="Where is HR?", response="2", author="kim", split="train", fact_id="hr")
    held = add_demonstration(ws, prompt="Personnel office?", response="2", author="kim", split="test", tags=["a"])
    before = take_snapshot(ws, "0")
    steps: tuple[tuple[dict[str, object], tuple[str, str, str]], ...] = (
        ({"fact_id": "hr"}, ("fact", "not stated", "hr")),
        ({"tags": ["a", "b"]}, ("tags", "a", "a, b")),
        ({"source": "plan"}, ("source", "none", "plan")),
        ({"key_facts": ["2"]}, ("key facts", "not stated", "2")),
        ({"prompt": "Where do people of HR sit?"}, ("prompt", "Personnel office?", "Where do people of HR sit?")),
    )
    for number, (change, expected) in enumerate(steps, 1):
        update_demonstration(ws, held.id, by="kim", **change)
        after = take_snapshot(ws, str(number))
        diff = diff_snapshots(before, after)
        assert expected in [item[1:] for item in told(diff)]
        kinds = [(item.before, item.after) for item in diff.others if item.field == "held out as"]
        assert kinds == ([("unseen fact", "unseen wording")] if number == 1 else [])
        assert (diff.added, diff.removed) == ((), ())
        before = after
    update_demonstration(ws, train.id, by="kim", split="validation")
    moved = diff_snapshots(before, take_snapshot(ws, "last"))
    assert [(item.prompt, item.after) for item in moved.moved] == [("Where is HR?", "validation")]
    assert [item.after for item in moved.others] == ["unseen fact"], "its fact trains nowhere any more"


def test_the_same_rows_with_other_ids_are_told_apart_from_changed_ones(ws: Workspace) -> None:
    row = add_demonstration(ws, prompt="Q?", response="=1+1", author="kim", split="train")
    first = take_snapshot(ws, "first")
    delete_demonstration(ws, row.id, by="kim")
    add_demonstration(ws, prompt="Q?", response="=1+1", author="kim", split="train")
    second = take_snapshot(ws, "second")
    diff = diff_snapshots(first, second)
    assert (told(diff), diff.added, diff.removed, diff.renumbered) == ([], (), (), 1)
    add_demonstration(ws, prompt="R?", response="=2", author="kim")
    table = diff_csv(diff_snapshots(second, take_snapshot(ws, "third"))).decode("utf-8-sig").splitlines()
    assert table == ["change,id,prompt,field,before,after", "added,,R?,response,,'=2"]

"""Demonstrations and snapshots: filters, history, restoring."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import pytest

from storage.demonstration_rows import Order
from storage.demonstrations import Demonstration
from storage.snapshots import Snapshot
from workbench.errors import InvalidInput, NotFound
from workbench.workspace import Workspace

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def demonstration(id: str, **changes: object) -> Demonstration:
    row = Demonstration(
        id=id,
        prompt=f"Where is room {id}?",
        response="Upstairs.",
        tags=(),
        source="typed",
        author="Ann",
        status="approved",
        split="train",
        fact_id=None,
        key_facts=None,
        created_at=NOW,
        updated_at=NOW,
    )
    return dataclasses.replace(row, **changes)  # type: ignore[arg-type]


def test_rows_come_back_as_they_went_in(workspace: Workspace) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-5)))
    rows = [
        demonstration("b", tags=("hr", "Bösten"), fact_id="f1", key_facts=("two", "3 pm")),
        demonstration("a", prompt="Quote ' and \x1f\n emoji 🙂", key_facts=(), created_at=elsewhere),
    ]
    assert workspace.demonstrations.add_many(rows) == 2
    found = workspace.demonstrations.list()
    assert found == rows  # in the order they were added; times are equal as moments
    assert found[1].created_at.tzinfo is UTC
    assert workspace.demonstrations.add_many([]) == 0


def test_filters_agree_with_the_count(workspace: Workspace) -> None:
    workspace.demonstrations.add_many(
        [
            demonstration(
                str(n),
                status=("draft", "approved")[n % 2],
                split=("train", "validation", "test")[n % 3],
                tags=(f"t{n % 4}",),
                response=f"100% ÜBER {n}",
            )
            for n in range(24)
        ]
    )
    repository = workspace.demonstrations
    assert repository.count() == 24
    assert repository.count(status="draft") == len(repository.list(status="draft")) == 12
    assert repository.count(split="test", tag="t2") == len(repository.list(split="test", tag="t2")) == 2
    assert [row.id for row in repository.list(search="über 2", limit=3, offset=1)] == ["20", "21", "22"]
    assert repository.count(search="100%") == 24
    assert repository.count(search="100_") == 0
    assert repository.tags() == {"t0": 6, "t1": 6, "t2": 6, "t3": 6}
    assert repository.split_counts() == {"train": 8, "validation": 8, "test": 8}


@pytest.mark.parametrize("order", ["added", "newest", "prompt", "longest response", "changed"])
def test_pages_of_a_search_are_parts_of_the_whole_and_see_every_write(workspace: Workspace, order: Order) -> None:
    repository = workspace.demonstrations
    rows = [demonstration(str(n), prompt=f"Room {n * 7 % 30}?", response="ÜBER" * (n % 3)) for n in range(30)]
    repository.add_many(rows)
    for removed in (None, "7", "21"):
        if removed:
            repository.delete(removed, by="Ann")
        whole = [row.id for row in repository.list(search="über", order=order)]
        paged = [row.id for start in range(0, 25, 5) for row in repository.list(
            search="über", order=order, limit=5, offset=start
        )]  # fmt: skip
        assert paged == whole
        assert repository.count(search="über") == len(whole)
    assert len(whole) == 19


def test_keys_ignore_whitespace_and_follow_updates(workspace: Workspace) -> None:
    row = demonstration("a", prompt=" Where\u00a0is\n it? ", response="Here.")
    workspace.demonstrations.add_many([row])
    assert workspace.demonstrations.has_content("Where is it?", "Here.")
    workspace.demonstrations.update(dataclasses.replace(row, response="There."), by="Bob")
    assert workspace.demonstrations.has_content("Where  is it?", "There.\n")
    assert not workspace.demonstrations.has_content("Where is it?", "Here.")
    # The same words in another order are the same prompt for a split, and another content.
    assert not workspace.demonstrations.has_content("It is where?", "There.")


def test_history_keeps_every_state(workspace: Workspace) -> None:
    repository = workspace.demonstrations
    repository.add_many([demonstration("a", tags=("x",))])
    repository.update(demonstration("a", response="First edit."), by="Bob")
    repository.update(demonstration("a", response="Second edit."), by="Cid")
    assert repository.get("a").updated_at > NOW
    assert [(v.response, v.action, v.replaced_by) for v in repository.history("a")] == [
        ("First edit.", "edited", "Cid"),
        ("Upstairs.", "edited", "Bob"),
    ]
    restored = repository.restore(repository.history("a")[-1].id, by="Dan")
    assert (restored.response, restored.tags) == ("Upstairs.", ("x",))
    assert [v.response for v in repository.history("a")] == ["Second edit.", "First edit.", "Upstairs."]


def test_a_deleted_row_can_be_restored(workspace: Workspace) -> None:
    repository = workspace.demonstrations
    repository.add_many([demonstration("a"), demonstration("b")])
    repository.delete("a", by="Bob")
    assert [row.id for row in repository.list()] == ["b"]
    (version,) = repository.history("a")
    assert repository.restore(version.id, by="Bob").prompt == "Where is room a?"
    assert repository.count() == 2


def test_what_does_not_exist(workspace: Workspace) -> None:
    repository = workspace.demonstrations
    with pytest.raises(NotFound, match="'nobody'"):
        repository.get("nobody")
    with pytest.raises(NotFound):
        repository.update(demonstration("nobody"), by="Bob")
    with pytest.raises(NotFound):
        repository.delete("nobody", by="Bob")
    with pytest.raises(NotFound):
        repository.restore("nobody", by="Bob")
    assert repository.history("nobody") == []


def test_several_writes_share_one_transaction(workspace: Workspace) -> None:
    def two_then_fail() -> None:
        with workspace.database.write() as cursor:
            workspace.demonstrations.add_many([demonstration("a")], cursor)
            workspace.demonstrations.update(demonstration("a", response="Edited."), "Bob", cursor)
            raise ValueError("broken off")

    with pytest.raises(ValueError, match="broken off"):
        two_then_fail()
    assert workspace.demonstrations.count() == 0
    assert workspace.demonstrations.history("a") == []


def test_snapshots(workspace: Workspace) -> None:
    first = Snapshot("s1", "demonstrations", "hash", 3, "runs/sft-001/data/demonstrations.parquet", NOW)
    workspace.snapshots.add(first)
    workspace.snapshots.add(dataclasses.replace(first, id="s2", kind="pairs", created_at=NOW + timedelta(1)))
    assert workspace.snapshots.get("s1") == first
    assert workspace.snapshots.find("demonstrations", "hash") == first
    assert workspace.snapshots.find("demonstrations", "other") is None
    assert [snapshot.id for snapshot in workspace.snapshots.list()] == ["s2", "s1"]
    with pytest.raises(InvalidInput, match="s1"):
        workspace.snapshots.add(first)
    with pytest.raises(NotFound):
        workspace.snapshots.get("s9")

"""What sides rows get when many come in at once, and what bulk changes leave behind."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.demonstrations.conftest import WriteFile, lines
from workbench.demonstrations.editing import add_demonstration, update_demonstration
from workbench.demonstrations.importing import import_demonstrations
from workbench.demonstrations.many import change_demonstrations, delete_demonstrations, link_wordings
from workbench.demonstrations.restoring import undo_changes
from workbench.demonstrations.splits import assign_split
from workbench.errors import InvalidInput
from workbench.workspace import Workspace

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_near_duplicates_share_a_side_and_nothing_moves_when_others_come(ws: Workspace, file: WriteFile) -> None:
    first = [{"prompt": f"Where is room {n} in the house?", "response": f"Floor {n}."} for n in range(60)]
    import_demonstrations(ws, file("a.jsonl", lines(first)), author="kim")
    before = {row.prompt: row.split for row in ws.demonstrations.list()}
    assert all(split == assign_split(prompt) for prompt, split in before.items())
    assert len(set(before.values())) == 3
    near = [{"prompt": f"where's room {n}, house", "response": f"On floor {n}."} for n in range(60)]
    import_demonstrations(ws, file("b.jsonl", lines(near)), author="kim")
    after = {row.prompt: row.split for row in ws.demonstrations.list()}
    assert {prompt: after[prompt] for prompt in before} == before
    assert [after[f"where's room {n}, house"] for n in range(60)] == [
        before[f"Where is room {n} in the house?"] for n in range(60)
    ]


def test_a_side_that_the_file_states_yields_to_the_same_prompt_only(ws: Workspace, file: WriteFile) -> None:
    add_demonstration(ws, prompt="Where is the gym?", response="1", author="kim", split="train")
    rows = [
        {"prompt": "where  IS the gym?", "response": "2", "split": "test"},
        {"prompt": "Gym where?", "response": "3", "split": "test"},
        {"prompt": "The gym, where?", "response": "4"},
    ]
    import_demonstrations(ws, file("a.jsonl", lines(rows)), author="kim")
    found = ws.demonstrations.list()
    assert [row.split for row in found] == ["train", "train", "test", "train"]
    assert len({row.group_key for row in found}) == 1


def test_one_fact_in_ten_is_held_out_with_all_its_wordings(ws: Workspace, file: WriteFile) -> None:
    rows = [
        {"prompt": f"{words} {n}?", "response": f"{n}.", "fact_id": f"f{n}"}
        for n in range(400)
        for words in ("Where is room", "How to find room", "Way to office", "Directions towards number")
    ]
    import_demonstrations(ws, file("a.jsonl", lines(rows)), author="kim")
    sides: dict[str | None, set[str]] = {}
    for row in ws.demonstrations.list():
        sides.setdefault(row.fact_id, set()).add(row.split)
    trained = sum("train" in found for found in sides.values())
    # Of 400 facts 360 are not withheld; of those, one in 600 has no wording in training by chance (0.2 to the 4th).
    assert 335 <= trained <= 380
    assert sum(found == {"test"} for found in sides.values()) >= 8
    assert sum(found == {"validation"} for found in sides.values()) >= 8


def test_a_fact_that_trains_already_is_not_withheld(ws: Workspace, file: WriteFile) -> None:
    for n in range(60):
        add_demonstration(ws, prompt=f"Old {n}?", response="x", author="kim", split="train", fact_id=f"f{n}")
    rows = [{"prompt": f"New {n}?", "response": "x", "fact_id": f"f{n}"} for n in range(60)]
    import_demonstrations(ws, file("a.jsonl", lines(rows)), author="kim")
    found = {row.prompt: row.split for row in ws.demonstrations.list() if row.prompt.startswith("New")}
    assert found == {prompt: assign_split(prompt) for prompt in found}


def test_many_rows_change_at_once_and_come_back(ws: Workspace) -> None:
    rows = [add_demonstration(ws, prompt=f"Q {n}?", response="x", author="kim", tags=["a", "b"]) for n in range(4)]
    ids = [row.id for row in rows[:3]]
    changed = change_demonstrations(ws, ids, by="Ben", status="rejected", add_tags=["c", "a"], remove_tags=["b"])
    assert len(changed) == 3
    assert [(row.status, row.tags) for row in ws.demonstrations.list()] == [("rejected", ("a", "c"))] * 3 + [
        ("approved", ("a", "b"))
    ]
    assert ws.demonstrations.history(ids[0])[0].replaced_by == "Ben"
    assert len(undo_changes(ws, changed, by="Ben").restored) == 3
    assert {(row.status, row.tags) for row in ws.demonstrations.list()} == {("approved", ("a", "b"))}
    deleted = delete_demonstrations(ws, ids, by="Ben")
    assert ws.demonstrations.count() == 1
    assert len(undo_changes(ws, deleted, by="Ben").restored) == 3
    assert ws.demonstrations.count() == 4
    with pytest.raises(InvalidInput, match="must be draft"):
        change_demonstrations(ws, ids, by="Ben", status="great")  # type: ignore[arg-type]


def test_linked_wordings_state_one_fact_and_stay_where_they_are(ws: Workspace) -> None:
    one, two, three = (
        add_demonstration(ws, prompt=f"Wording {n}?", response="x", author="kim", split=split)
        for n, split in enumerate(("train", "test", "validation"))
    )
    with pytest.raises(InvalidInput, match="at least two"):
        link_wordings(ws, [one.id], by="kim")
    link_wordings(ws, [one.id, two.id], by="kim")
    fact = ws.demonstrations.get(one.id).fact_id
    again = link_wordings(ws, [three.id, two.id], by="kim")
    found = ws.demonstrations.list()
    assert {row.fact_id for row in found} == {fact}
    assert [row.split for row in found] == ["train", "test", "validation"]
    undo_changes(ws, again, by="kim")
    assert [row.fact_id for row in ws.demonstrations.list()] == [fact, fact, None]


def test_a_changed_side_takes_the_whole_group_along(ws: Workspace) -> None:
    one = add_demonstration(ws, prompt="Where is the gym?", response="1", author="kim", split="train")
    two = add_demonstration(ws, prompt="where's gym", response="2", author="kim", split="test")
    assert two.split == "train"
    update_demonstration(ws, one.id, by="kim", split="test")
    assert {row.split for row in ws.demonstrations.list()} == {"test"}
    other = add_demonstration(ws, prompt="Where is the pool?", response="3", author="kim", split="train")
    assert update_demonstration(ws, other.id, by="kim", prompt="Where, the gym?").split == "test"

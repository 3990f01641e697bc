"""Two people change the same demonstrations: nobody's change is lost unseen, and no question changes sides by it."""

from __future__ import annotations

import pytest

from workbench.demonstrations.editing import (
    add_demonstration,
    delete_demonstration,
    edit_demonstrations,
    update_demonstration,
)
from workbench.demonstrations.many import change_demonstrations, delete_demonstrations
from workbench.demonstrations.meanwhile import EditedMeanwhile
from workbench.demonstrations.restoring import restore_version, undo_changes
from workbench.errors import ChangedMeanwhile, NotFound
from workbench.workspace import Workspace

SEEN = {"prompt": "Where is the gym?", "response": "Floor 1.", "source": "", "tags": (), "split": "train"}


def gym(ws: Workspace) -> str:
    return add_demonstration(ws, prompt="Where is the gym?", response="Floor 1.", author="kim", split="train").id


def test_only_what_a_person_changed_is_written(ws: Workspace) -> None:
    id = gym(ws)
    update_demonstration(ws, id, by="Yan", response="Floor 2.")
    edited = edit_demonstrations(ws, {id: SEEN | {"source": "plan"}}, by="Xenia", seen={id: SEEN})
    row = ws.demonstrations.get(id)
    assert (row.response, row.source, edited.rows) == ("Floor 2.", "plan", 1)
    nothing = edit_demonstrations(ws, {id: {"source": " plan "}}, by="Xenia", seen={id: {"source": "plan"}})
    assert (nothing.rows, nothing.versions) == (0, [])
    assert len(ws.demonstrations.history(id)) == 2


def test_what_somebody_else_changed_meanwhile_is_not_overwritten_unseen(ws: Workspace) -> None:
    id = gym(ws)
    update_demonstration(ws, id, by="Yan", response="Floor 2.")
    update_demonstration(ws, id, by="Zoe", tags=["office"])
    mine = {id: {"response": "Floor 3.", "source": "plan"}}
    with pytest.raises(EditedMeanwhile, match=r"Yan changed the response of 'Where is the gym\?' meanwhile") as refused:
        edit_demonstrations(ws, mine, by="Xenia", seen={id: SEEN})
    assert [(item.field, item.value, item.by) for item in refused.value.theirs] == [("response", "Floor 2.", "Yan")]
    assert (ws.demonstrations.get(id).response, ws.demonstrations.get(id).source) == ("Floor 2.", "")
    edit_demonstrations(ws, mine, by="Xenia", seen={id: SEEN | {"response": "Floor 2."}})
    assert (ws.demonstrations.get(id).response, ws.demonstrations.get(id).source) == ("Floor 3.", "plan")
    # The same change by both is no conflict.
    edit_demonstrations(ws, {id: {"response": "Floor 3."}}, by="Xenia", seen={id: SEEN})


def test_a_row_that_was_deleted_meanwhile_is_named_with_who_did_it(ws: Workspace) -> None:
    id = gym(ws)
    delete_demonstration(ws, id, by="Yan")
    with pytest.raises(NotFound, match=r"Yan deleted 'Where is the gym\?' meanwhile, so nothing was saved\."):
        edit_demonstrations(ws, {id: {"source": "plan"}}, by="Xenia", seen={id: SEEN})


def test_an_undo_leaves_what_was_changed_since(ws: Workspace) -> None:
    rows = [add_demonstration(ws, prompt=f"Q {n}?", response="x", author="kim", status="draft") for n in range(3)]
    approved = change_demonstrations(ws, [row.id for row in rows], by="Ann", status="approved")
    update_demonstration(ws, rows[1].id, by="Bob", response="corrected")
    undone = undo_changes(ws, approved, by="Ann")
    assert [(row.status, row.response) for row in ws.demonstrations.list()] == [
        ("draft", "x"),
        ("approved", "corrected"),
        ("draft", "x"),
    ]
    assert (set(undone.restored), undone.left) == ({rows[0].id, rows[2].id}, (rows[1].id,))
    assert undo_changes(ws, approved, by="Ann").restored == (), "a second time there is nothing left to take back"


def test_an_undo_brings_no_row_beside_the_other_side_of_its_group(ws: Workspace) -> None:
    id = gym(ws)
    twin = add_demonstration(ws, prompt="Gym, where?", response="Basement.", author="kim")
    moved = edit_demonstrations(ws, {id: {"split": "test"}}, by="Ann")
    update_demonstration(ws, twin.id, by="Bob", response="Cellar.")
    undone = undo_changes(ws, moved.versions, by="Ann")
    assert (undone.restored, undone.left) == ((id,), (twin.id,))
    assert {row.split for row in ws.demonstrations.list()} == {"test"}


def test_a_row_comes_back_to_the_side_where_its_group_is_now(ws: Workspace) -> None:
    id = gym(ws)
    twin = add_demonstration(ws, prompt="Gym, where?", response="Basement.", author="kim")
    deleted = delete_demonstrations(ws, [id], by="Ann")
    update_demonstration(ws, twin.id, by="Bob", split="test")
    undo_changes(ws, deleted, by="Ann")
    assert ws.demonstrations.get(id).split == "test"


def test_a_version_is_restored_only_by_who_has_seen_the_newest(ws: Workspace) -> None:
    id = gym(ws)
    update_demonstration(ws, id, by="Ann", response="Floor 2.")
    (first,) = ws.demonstrations.history(id)
    update_demonstration(ws, id, by="Yan", response="Floor 3.")
    with pytest.raises(ChangedMeanwhile, match="Yan edited it meanwhile, so nothing was restored"):
        restore_version(ws, first.id, by="Xenia", seen=first.id)
    assert ws.demonstrations.get(id).response == "Floor 3."
    newest = ws.demonstrations.history(id)[0]
    assert restore_version(ws, first.id, by="Xenia", seen=newest.id).response == "Floor 1."
    with pytest.raises(NotFound):
        restore_version(ws, "nope", by="Xenia")

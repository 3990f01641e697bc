"""Writing, changing and deleting single demonstrations."""

from __future__ import annotations

import pytest

from workbench.demonstrations.editing import (
    add_demonstration,
    delete_demonstration,
    edit_demonstrations,
    set_status,
    update_demonstration,
)
from workbench.demonstrations.restoring import undo_changes
from workbench.errors import InvalidInput, NotFound
from workbench.workspace import Workspace


def test_add_trims_and_tags(ws: Workspace) -> None:
    row = add_demonstration(ws, prompt=" Where? ", response="Here.\n", tags=(" hr ", "", "hr"), author="kim")
    stored = ws.demonstrations.get(row.id)
    assert (stored.prompt, stored.response, stored.tags) == ("Where?", "Here.", ("hr",))
    assert stored.status == "approved"


@pytest.mark.parametrize(
    ("prompt", "response", "words"),
    [
        ("", "x", "The prompt is empty."),
        ("x", " \n", "The response is empty."),
        ("x" * 20_001, "y", "20,001 characters"),
        ("x\x00", "y", "NUL"),
    ],
)
def test_add_refuses_what_cannot_be_stored(ws: Workspace, prompt: str, response: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        add_demonstration(ws, prompt=prompt, response=response, author="kim")
    assert ws.demonstrations.count() == 0


def test_add_refuses_a_second_copy_an_unknown_split_and_a_nameless_author(ws: Workspace) -> None:
    add_demonstration(ws, prompt="Where?", response="Here.", author="kim")
    with pytest.raises(InvalidInput, match="already there"):
        add_demonstration(ws, prompt="Where? ", response=" Here.", author="lee")
    with pytest.raises(InvalidInput, match="split must be"):
        add_demonstration(ws, prompt="When?", response="Now.", author="kim", split="holdout")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="author"):
        add_demonstration(ws, prompt="When?", response="Now.", author=" ")


def test_a_second_response_to_a_prompt_joins_its_split(ws: Workspace) -> None:
    add_demonstration(ws, prompt="Where?", response="Here.", author="kim", split="test")
    second = add_demonstration(ws, prompt="WHERE?", response="There.", author="kim", split="train")
    assert second.split == "test"


def test_update_keeps_the_history(ws: Workspace) -> None:
    row = add_demonstration(ws, prompt="Where?", response="Here.", author="kim")
    update_demonstration(ws, row.id, by="lee", response="Over there.", tags=["hr"])
    assert ws.demonstrations.get(row.id).response == "Over there."
    (version,) = ws.demonstrations.history(row.id)
    assert (version.response, version.replaced_by) == ("Here.", "lee")


def test_update_moves_all_rows_of_the_prompt_to_the_new_split(ws: Workspace) -> None:
    first = add_demonstration(ws, prompt="Where?", response="Here.", author="kim", split="train")
    second = add_demonstration(ws, prompt="where?", response="There.", author="kim")
    other = add_demonstration(ws, prompt="When?", response="Now.", author="kim", split="train")
    update_demonstration(ws, first.id, by="kim", split="test")
    assert ws.demonstrations.get(second.id).split == "test"
    assert ws.demonstrations.get(other.id).split == "train"


def test_a_changed_prompt_joins_the_split_of_its_equals_else_keeps_its_own(ws: Workspace) -> None:
    add_demonstration(ws, prompt="Where?", response="Here.", author="kim", split="test")
    row = add_demonstration(ws, prompt="When?", response="Now.", author="kim", split="validation")
    assert update_demonstration(ws, row.id, by="kim", prompt="When exactly?").split == "validation"
    assert update_demonstration(ws, row.id, by="kim", prompt="where?").split == "test"


def test_a_changed_prompt_moves_no_stored_row(ws: Workspace) -> None:
    held = [
        add_demonstration(ws, prompt=prompt, response=str(n), author="kim", split="test")
        for n, prompt in enumerate(("Where is room 71?", "where's room 71"))
    ]
    row = add_demonstration(ws, prompt="How do I get to room 71?", response="Up.", author="kim", split="train")
    changes = {"prompt": "Where is the room 71?", "split": "train"}
    assert update_demonstration(ws, row.id, by="kim", **changes).split == "test"
    assert {ws.demonstrations.get(other.id).split for other in held} == {"test"}
    other = add_demonstration(ws, prompt="Whither room 71?", response="Down.", author="kim", split="train")
    edited = edit_demonstrations(ws, {other.id: {"prompt": "Room 71, where is it?"}}, by="kim")
    assert [(item.split, item.beside) for item in edited.joined] == [("test", "Where is room 71?")]
    assert {row.split for row in ws.demonstrations.list()} == {"test"}


def test_update_refuses_unknown_fields_and_copies(ws: Workspace) -> None:
    row = add_demonstration(ws, prompt="Where?", response="Here.", author="kim")
    other = add_demonstration(ws, prompt="When?", response="Now.", author="kim")
    with pytest.raises(InvalidInput, match="author cannot be changed"):
        update_demonstration(ws, row.id, by="kim", author="lee")
    with pytest.raises(InvalidInput, match="already there"):
        update_demonstration(ws, other.id, by="kim", prompt="Where?", response="Here.")
    with pytest.raises(InvalidInput, match="status must be"):
        set_status(ws, row.id, "great", by="kim")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="not text"):
        update_demonstration(ws, row.id, by="kim", prompt=7)


def test_delete_can_be_restored(ws: Workspace) -> None:
    row = add_demonstration(ws, prompt="Where?", response="Here.", author="kim")
    delete_demonstration(ws, row.id, by="lee")
    assert ws.demonstrations.count() == 0
    (version,) = ws.demonstrations.history(row.id)
    ws.demonstrations.restore(version.id, "kim")
    assert ws.demonstrations.get(row.id).response == "Here."


def test_what_is_not_there(ws: Workspace) -> None:
    with pytest.raises(NotFound, match="no demonstration 'nope'"):
        update_demonstration(ws, "nope", by="kim", response="x")
    with pytest.raises(NotFound):
        delete_demonstration(ws, "nope", by="kim")


def test_several_rows_change_together_or_not_at_all(ws: Workspace) -> None:
    one = add_demonstration(ws, prompt="Where is the gym?", response="1", author="kim", split="train")
    twin = add_demonstration(ws, prompt="Gym, where?", response="2", author="kim")
    other = add_demonstration(ws, prompt="Who pays lunch?", response="3", author="kim", split="train")
    with pytest.raises(InvalidInput, match=r"Who pays lunch.*empty.*Nothing was saved"):
        edit_demonstrations(ws, {one.id: {"response": "new"}, other.id: {"prompt": " "}}, by="Ben")
    assert [row.response for row in ws.demonstrations.list()] == ["1", "2", "3"]
    assert ws.demonstrations.history(one.id) == []

    changes = {other.id: {"tags": ("a", "b"), "status": "rejected"}, one.id: {"split": "test", "response": "new"}}
    edited = edit_demonstrations(ws, changes, by="Ben")
    assert (edited.rows, edited.along) == (2, 1), "the group moves along"
    found = {row.id: row for row in ws.demonstrations.list()}
    assert (found[one.id].response, found[one.id].split, found[twin.id].split) == ("new", "test", "test")
    assert (found[other.id].tags, found[other.id].status) == (("a", "b"), "rejected")
    assert [(v.replaced_by, v.action, v.response) for v in ws.demonstrations.history(one.id)] == [
        ("Ben", "edited", "1")
    ]
    undo_changes(ws, edited.versions, by="Ben")
    assert [(r.response, r.split, r.tags, r.status) for r in ws.demonstrations.list()] == [
        ("1", "train", (), "approved"),
        ("2", "train", (), "approved"),
        ("3", "train", (), "approved"),
    ]


def test_rows_of_one_group_that_change_together_stay_on_one_side_and_are_undone_in_one_step(ws: Workspace) -> None:
    one = add_demonstration(ws, prompt="Where is the gym?", response="1", author="kim", split="train")
    twin = add_demonstration(ws, prompt="Gym, where?", response="2", author="kim")
    edited = edit_demonstrations(ws, {twin.id: {"response": "new"}, one.id: {"split": "test"}}, by="Ben")
    assert {(row.split, row.response) for row in ws.demonstrations.list()} == {("test", "1"), ("test", "new")}
    undo_changes(ws, edited.versions, by="Ben")
    assert {(row.split, row.response) for row in ws.demonstrations.list()} == {("train", "1"), ("train", "2")}
    with pytest.raises(InvalidInput, match="different splits"):
        edit_demonstrations(ws, {twin.id: {"split": "train"}, one.id: {"split": "test"}}, by="Ben")
    with pytest.raises(InvalidInput, match="already there"):
        edit_demonstrations(ws, {twin.id: {"prompt": one.prompt, "response": "1"}}, by="Ben")

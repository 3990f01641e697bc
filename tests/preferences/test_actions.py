"""What the page sends: read with care, taken up once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.preferences.conftest import add_pair
from workbench.errors import InvalidInput
from workbench.preferences.actions import read_actions, take_up
from workbench.workspace import Workspace


def send(ws: Workspace, name: str = "kim", **action: Any) -> dict[str, Any]:
    (read,), unreadable = read_actions([{"id": "0123456789ab"} | action])
    assert unreadable == []
    return take_up(ws, read, name)


@pytest.mark.parametrize("sent", [None, "votes", {"id": "0123456789ab"}, [{"id": "0123456789ab"}] * 201])
def test_what_is_no_list_of_actions_is_refused_whole(sent: Any) -> None:
    with pytest.raises(InvalidInput, match="load it anew"):
        read_actions(sent)


def test_one_action_that_cannot_be_read_does_not_hold_up_the_others() -> None:
    good = {"id": "0123456789ab", "kind": "vote", "pair": "p", "choice": "left", "tries": 3}
    actions, unreadable = read_actions([{"id": "old", "kind": "vote"}, good, 7, good | {"id": "ab" * 8, "choice": "a"}])
    assert [action.id for action in actions] == ["0123456789ab"]
    assert unreadable == ["old", "ab" * 8]


def test_a_vote_with_all_that_goes_with_it(ws: Workspace) -> None:
    pair = add_pair(ws, "Where?", "Floor 2.", "No idea.")
    said = {"reasons": ["clear"], "comment": "ok", "ideal": "On floor 2.", "much": True, "seconds": 4}
    assert "draft" in send(ws, kind="vote", pair=pair.id, choice="left", **said)["note"]
    (vote,) = ws.votes.live()
    assert (vote.id, vote.strength, vote.reasons, vote.comment, vote.seconds) == (
        "0123456789ab",
        "much",
        ("clear",),
        "ok",
        4.0,
    )
    (draft,) = ws.demonstrations.list()
    assert (draft.prompt, draft.response, draft.status, draft.author) == ("Where?", "On floor 2.", "draft", "kim")
    # Sent again after the answer was lost: nothing changes, and nothing is stored twice.
    assert send(ws, kind="vote", pair=pair.id, choice="left", **said)["ok"]
    assert (len(ws.votes.list()), len(ws.demonstrations.list())) == (1, 1)


def test_refusals_are_answers(ws: Workspace) -> None:
    assert "no pair" in send(ws, kind="vote", pair="nope", choice="left")["problem"]
    assert "no such vote" in send(ws, kind="undo", vote="ab" * 8)["problem"]
    pair = add_pair(ws, "Where?")
    assert send(ws, kind="vote", pair=pair.id, choice="left") == {"ok": True}
    assert "no such vote" in send(ws, "lee", kind="reveal", vote="0123456789ab")["problem"]
    assert sorted(send(ws, kind="reveal", vote="0123456789ab")["models"]) == ["base", "sft-001"]
    assert send(ws, kind="look") == {"ok": True}


def test_a_note_that_cannot_be_stored_is_said(ws: Workspace) -> None:
    pair = add_pair(ws, "Where?")
    for comment in ("bad \x00 note", "half \ud800", "x" * 5001):
        assert "note" in send(ws, kind="vote", pair=pair.id, choice="tie", comment=comment)["problem"]
    assert ws.votes.list() == []


def test_an_ideal_answer_that_cannot_be_stored_does_not_take_the_vote_away(ws: Workspace) -> None:
    pair = add_pair(ws, "Where?")
    answer = send(ws, kind="vote", pair=pair.id, choice="tie", ideal="bad \x00 text")
    assert answer["ok"]
    assert "not" in answer["note"]
    assert len(ws.votes.live()) == 1


def test_an_ideal_answer_is_kept_where_the_vote_is_refused(ws: Workspace) -> None:
    pair = add_pair(ws, "Where?")
    assert send(ws, kind="vote", pair=pair.id, choice="left")["ok"]
    again = send(ws, id="ab" * 8, kind="vote", pair=pair.id, choice="right", ideal="On floor 2.")
    assert not again["ok"]
    assert "already" in again["problem"]
    assert "draft in step 1" in again["problem"]
    assert [row.response for row in ws.demonstrations.list(status="draft")] == ["On floor 2."]
    assert [vote.id for vote in ws.votes.live()] == ["0123456789ab"]

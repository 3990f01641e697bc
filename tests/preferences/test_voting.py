"""Showing pairs and recording votes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.preferences.conftest import add_pair, add_vote
from workbench.errors import InvalidInput, NotFound
from workbench.preferences.voting import Side, next_pair, progress, record_vote, undo_last_vote
from workbench.workspace import Workspace


def test_a_pair_is_shown_until_it_is_voted_on(ws: Workspace) -> None:
    pair = add_pair(ws, "Where?", "Floor 2.", "No idea.")
    shown = next_pair(ws, "kim")
    assert shown is not None
    assert next_pair(ws, "kim") == shown
    assert (shown.left, shown.right) == (("Floor 2.", "No idea.") if shown.left_is == "a" else ("No idea.", "Floor 2."))
    record_vote(ws, pair_id=pair.id, annotator_name="kim", choice="left", seconds=3.5)
    assert next_pair(ws, "kim") is None
    other = next_pair(ws, "lee")
    assert other is not None
    assert other.pair_id == pair.id


def test_a_vote_for_a_text_is_stored_for_that_text_whatever_its_side(ws: Workspace) -> None:
    for number in range(20):
        add_pair(ws, f"Question {number}?", "good", "bad")
    sides = set()
    while (shown := next_pair(ws, "kim")) is not None:
        side: Side = "left" if shown.left == "good" else "right"
        sides.add(side)
        vote = record_vote(ws, pair_id=shown.pair_id, annotator_name="kim", choice=side)
        assert vote.choice == "a"
        assert vote.left == shown.left_is
    # All 20 on one side has a chance of 2 in a million.
    assert sides == {"left", "right"}


def test_a_tie_is_a_tie(ws: Workspace) -> None:
    pair = add_pair(ws, "Where?")
    assert record_vote(ws, pair_id=pair.id, annotator_name="kim", choice="tie").choice == "tie"


def test_a_second_vote_is_refused_until_the_first_is_undone(ws: Workspace) -> None:
    pair = add_pair(ws, "Where?")
    first = record_vote(ws, pair_id=pair.id, annotator_name="kim", choice="left")
    with pytest.raises(InvalidInput, match="already"):
        record_vote(ws, pair_id=pair.id, annotator_name="kim", choice="right")
    undone = undo_last_vote(ws, "kim")
    assert undone is not None
    assert undone.id == first.id
    second = record_vote(ws, pair_id=pair.id, annotator_name="kim", choice="right")
    assert second.choice != first.choice
    assert [vote.id for vote in ws.votes.live()] == [second.id]


def test_what_cannot_be_recorded(ws: Workspace) -> None:
    pair = add_pair(ws, "Where?")
    with pytest.raises(NotFound, match="no pair 'nope'"):
        record_vote(ws, pair_id="nope", annotator_name="kim", choice="left")
    with pytest.raises(InvalidInput, match="left, right or tie"):
        record_vote(ws, pair_id=pair.id, annotator_name="kim", choice="a")  # type: ignore[arg-type]
    for name in ("", "  ", "x" * 201):
        with pytest.raises(InvalidInput, match="name"):
            record_vote(ws, pair_id=pair.id, annotator_name=name, choice="left")
    assert ws.votes.count() == 0
    assert undo_last_vote(ws, "kim") is None


def test_nobody_votes_under_the_name_of_a_simulated_annotator(ws: Workspace) -> None:
    pair = add_pair(ws, "Where?")
    add_vote(ws, pair, "Ada (simulated)", "a", simulated=True)
    with pytest.raises(InvalidInput, match="simulated annotator"):
        record_vote(ws, pair_id=pair.id, annotator_name="Ada (simulated)", choice="left")


@pytest.mark.parametrize(("given_seconds", "stored"), [(2.5, 2.5), (-1, None), (float("nan"), None), (90_000, None)])
def test_only_times_that_can_be_true_are_kept(ws: Workspace, given_seconds: float, stored: float | None) -> None:
    pair = add_pair(ws, "Where?")
    vote = record_vote(ws, pair_id=pair.id, annotator_name="kim", choice="left", seconds=given_seconds)
    assert vote.seconds == stored


def test_progress_keeps_people_and_simulated_votes_apart(ws: Workspace) -> None:
    pairs = [add_pair(ws, f"{n}?") for n in range(3)]
    add_vote(ws, pairs[0], "bot", "a", simulated=True)
    record_vote(ws, pair_id=pairs[0].id, annotator_name="kim", choice="left")
    record_vote(ws, pair_id=pairs[1].id, annotator_name=" kim ", choice="tie")
    found = progress(ws, "kim")
    assert (found.done, found.remaining, found.total_votes, found.simulated_votes) == (2, 1, 2, 1)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(st.sampled_from(["left", "right", "tie", "undo"]), max_size=8))
def test_undo_brings_back_the_counts_before(ws: Workspace, actions: list[str]) -> None:
    # One workspace for all examples, as opening one takes longest; each example is a person of its own.
    for number in range(8 - ws.pairs.count()):
        add_pair(ws, f"{number}?")
    name = f"person {len(ws.annotators.list())}"
    history = [progress(ws, name)]
    for action in actions:
        if action == "undo":
            undone = undo_last_vote(ws, name)
            assert (undone is None) == (len(history) == 1)
            if undone is not None:
                history.pop()
        else:
            shown = next_pair(ws, name)
            assert shown is not None
            record_vote(ws, pair_id=shown.pair_id, annotator_name=name, choice=action)  # type: ignore[arg-type]
            done = history[-1].done + 1
            history.append(progress(ws, name))
            assert history[-1].done == done
        assert progress(ws, name) == history[-1]

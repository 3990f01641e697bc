"""Showing pairs and recording votes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.preferences.conftest import add_pair, add_vote
from workbench.errors import InvalidInput, NotFound
from workbench.preferences.progress import VotingProgress, pairs_ahead, progress
from workbench.preferences.remarks import Remarks
from workbench.preferences.voting import (
    Side,
    bring_back_skipped,
    next_pair,
    record_vote,
    reveal_models,
    skip_pair,
    strengthen,
    undo_last_vote,
    undo_vote,
)
from workbench.preferences.voting_settings import VotingSettings, save_voting_settings
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
    save_voting_settings(ws, VotingSettings(repeat_share=0), "kim")
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
    with pytest.raises(InvalidInput, match="left, right, tie or both_bad"):
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


def test_progress_counts_ones_own_votes_and_what_waits(ws: Workspace) -> None:
    pairs = [add_pair(ws, f"{n}?") for n in range(3)]
    add_vote(ws, pairs[0], "bot", "a", simulated=True)
    record_vote(ws, pair_id=pairs[0].id, annotator_name="kim", choice="left", seconds=4)
    last = record_vote(ws, pair_id=pairs[1].id, annotator_name=" kim ", choice="tie", seconds=8)
    assert progress(ws, "kim") == VotingProgress(2, 2, 6.0, 0, last.id)
    assert (pairs_ahead(ws, "kim"), pairs_ahead(ws, "lee")) == (1, 3)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(st.sampled_from(["left", "right", "tie", "both_bad", "undo"]), max_size=8))
def test_undo_brings_back_the_counts_before(ws: Workspace, actions: list[str]) -> None:
    # One workspace for all examples, as opening one takes longest; each example is a person of its own.
    save_voting_settings(ws, VotingSettings(people_per_pair=50), "kim")
    for number in range(8 - ws.pairs.count()):
        add_pair(ws, f"{number}?")
    name = f"person {len(ws.annotators.list())}"
    history = [(0, pairs_ahead(ws, name))]
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
            history.append((history[-1][0] + 1, history[-1][1] - 1))
        assert (progress(ws, name).done, pairs_ahead(ws, name)) == history[-1]


def test_a_vote_sent_twice_under_one_id_is_stored_once(ws: Workspace) -> None:
    pair = add_pair(ws, "Where?")
    for _ in range(3):
        vote = record_vote(ws, pair_id=pair.id, annotator_name="kim", choice="left", vote_id="ab" * 10)
    assert [row.id for row in ws.votes.live()] == [vote.id] == ["ab" * 10]
    undo_vote(ws, vote.id, "kim")
    undo_vote(ws, vote.id, "kim")
    # Sent again after it was taken back, by a browser that had lost its connection: it stays taken back.
    assert record_vote(ws, pair_id=pair.id, annotator_name="kim", choice="left", vote_id="ab" * 10).undone
    assert ws.votes.live() == []
    with pytest.raises(InvalidInput, match="hexadecimal"):
        record_vote(ws, pair_id=pair.id, annotator_name="kim", choice="left", vote_id="'; DROP TABLE votes")
    with pytest.raises(NotFound, match="no such vote"):
        record_vote(ws, pair_id=pair.id, annotator_name="lee", choice="left", vote_id="ab" * 10)


def test_what_is_said_beside_a_vote(ws: Workspace) -> None:
    first, second = add_pair(ws, "One?"), add_pair(ws, "Two?")
    said = Remarks(much=True, reasons=("clear", "nonsense", "clear"), comment="  short  ")
    vote = record_vote(ws, pair_id=first.id, annotator_name="kim", choice="left", remarks=said)
    tie = record_vote(ws, pair_id=second.id, annotator_name="kim", choice="both_bad", remarks=Remarks(much=True))
    stored = {row.pair_id: row for row in ws.votes.live()}
    assert (stored[first.id].strength, stored[first.id].reasons, stored[first.id].comment) == (
        "much",
        ("clear",),
        "short",
    )
    assert (stored[second.id].choice, stored[second.id].both_bad, stored[second.id].strength) == ("tie", True, None)
    assert strengthen(ws, tie.id, "kim").strength is None
    undo_vote(ws, vote.id, "kim")
    again = record_vote(ws, pair_id=first.id, annotator_name="kim", choice="right")
    strengthen(ws, again.id, "kim")
    assert {row.id: row.strength for row in ws.votes.live()}[again.id] == "much"


def test_whoever_saw_the_models_does_not_vote_again(ws: Workspace) -> None:
    pair = add_pair(ws, "Where?", models=("base", "sft-001"))
    vote = record_vote(ws, pair_id=pair.id, annotator_name="kim", choice="left")
    left, right = reveal_models(ws, vote.id, "kim")
    assert (left, right) == (("base", "sft-001") if vote.left == "a" else ("sft-001", "base"))
    undo_vote(ws, vote.id, "kim")
    assert next_pair(ws, "kim") is None
    assert next_pair(ws, "lee") is not None
    with pytest.raises(InvalidInput, match="taken back"):
        reveal_models(ws, vote.id, "kim")
    save_voting_settings(ws, VotingSettings(reveal="never"), "kim")
    other = record_vote(ws, pair_id=pair.id, annotator_name="lee", choice="left")
    with pytest.raises(InvalidInput, match="hidden"):
        reveal_models(ws, other.id, "lee")


def test_a_skipped_pair_comes_back_when_asked_for(ws: Workspace) -> None:
    pairs = {add_pair(ws, f"{n}?").id for n in range(2)}
    first = next_pair(ws, "kim")
    assert first is not None
    skip_pair(ws, first.pair_id, "kim")
    second = next_pair(ws, "kim")
    assert second is not None
    assert {first.pair_id, second.pair_id} == pairs
    skip_pair(ws, second.pair_id, "kim")
    assert next_pair(ws, "kim") is None
    assert progress(ws, "kim").skipped == 2
    assert bring_back_skipped(ws, "kim") == 2
    assert next_pair(ws, "kim") is not None

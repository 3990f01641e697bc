"""Pairs, sides, votes: once, undoable, and never mixed with simulated ones."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from storage.pairs import Pair
from storage.responses import Response
from storage.votes import Vote
from workbench.errors import InvalidInput, NotFound, WorkbenchError
from workbench.workspace import Workspace

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def add_pairs(workspace: Workspace, count: int) -> None:
    responses = [
        Response(f"r{n}{side}", None, f"model-{side}", "Where?", f"{side} {n}", None, None, NOW)
        for n in range(count)
        for side in "ab"
    ]
    pairs = [
        Pair(f"p{n}", None, "Where?", None, "train", f"r{n}a", f"r{n}b", "", "", "", "", NOW) for n in range(count)
    ]
    with workspace.database.write() as cursor:
        workspace.responses.add_many(responses, cursor)
        workspace.pairs.add_many(pairs, cursor)


def vote(id: str, pair_id: str, annotator_id: str, simulated: bool = False, minute: int = 0) -> Vote:
    return Vote(id, pair_id, annotator_id, "a", "b", simulated, 1.5, NOW + timedelta(minutes=minute))


def test_pairs_carry_the_texts_of_their_responses(workspace: Workspace) -> None:
    add_pairs(workspace, 3)
    pair = workspace.pairs.get("p1")
    assert (pair.response_a, pair.response_b, pair.model_a, pair.model_b) == ("a 1", "b 1", "model-a", "model-b")
    assert [row.id for row in workspace.pairs.list(split="train")] == ["p0", "p1", "p2"]
    assert (workspace.pairs.count(), workspace.pairs.count(split="test")) == (3, 0)
    assert workspace.pairs.list(limit=1)[0].id == "p0"
    assert workspace.responses.get("r1a").text == "a 1"
    assert len(workspace.responses.list(model_id="model-b")) == 3
    with pytest.raises(NotFound):
        workspace.pairs.get("p9")


def test_twenty_threads_vote_and_one_vote_lives(workspace: Workspace) -> None:
    add_pairs(workspace, 1)
    start = threading.Barrier(20)
    outcomes: list[str] = []

    def cast(number: int) -> None:
        start.wait()
        try:
            workspace.votes.add(vote(f"v{number}", "p0", "ann"))
            outcomes.append("saved")
        except InvalidInput:
            outcomes.append("refused")

    threads = [threading.Thread(target=cast, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 19 + ["saved"]
    assert len(workspace.votes.list()) == 1


def test_undo_makes_room_for_another_vote_and_stays_on_record(workspace: Workspace) -> None:
    add_pairs(workspace, 2)
    workspace.votes.add(vote("v1", "p0", "ann"))
    workspace.votes.add(vote("v2", "p1", "ann", minute=1))
    last = workspace.votes.last_of("ann")
    assert last is not None
    assert last.id == "v2"
    workspace.votes.undo("v2")
    with pytest.raises(InvalidInput, match="undone before"):
        workspace.votes.undo("v2")
    with pytest.raises(NotFound):
        workspace.votes.undo("v9")
    last = workspace.votes.last_of("ann")
    assert last is not None
    assert last.id == "v1"
    workspace.votes.add(vote("v3", "p1", "ann", minute=2))
    assert [row.id for row in workspace.votes.live()] == ["v1", "v3"]
    assert [(row.id, row.undone) for row in workspace.votes.list()] == [("v1", False), ("v2", True), ("v3", False)]
    assert workspace.votes.last_of("nobody") is None


def test_bulk_votes_are_all_or_none(workspace: Workspace) -> None:
    add_pairs(workspace, 3)
    for votes in (
        [vote("v1", "p0", "ann"), vote("v2", "p0", "ann")],
        [vote("v1", "p0", "ann"), vote("v2", "p9", "ann")],
    ):
        with pytest.raises(WorkbenchError):
            workspace.votes.add_many(votes)
        assert workspace.votes.count() == 0
    assert workspace.votes.add_many([vote(f"v{n}", f"p{n}", "sim", simulated=True) for n in range(3)]) == 3
    assert workspace.votes.add_many([]) == 0
    workspace.votes.add(vote("v4", "p0", "ann"))
    assert (workspace.votes.count(), workspace.votes.count(True), workspace.votes.count(False)) == (4, 3, 1)
    assert [row.id for row in workspace.votes.live(simulated=True, pair_ids=["p0", "p2"])] == ["v0", "v2"]
    assert workspace.votes.live(pair_ids=[]) == []
    assert len(workspace.votes.live(annotator_id="ann")) == 1


def test_the_side_is_drawn_once(workspace: Workspace) -> None:
    add_pairs(workspace, 40)
    first = [workspace.pairs.side(f"p{n}", "ann") for n in range(40)]
    assert first == [workspace.pairs.side(f"p{n}", "ann") for n in range(40)]
    assert set(first) == {"a", "b"}  # misses once in 5 × 10^11
    with pytest.raises(NotFound):
        workspace.pairs.side("p99", "ann")


def test_many_sides_are_drawn_at_once_and_what_was_drawn_stays(workspace: Workspace) -> None:
    add_pairs(workspace, 40)
    before = {n: workspace.pairs.side(f"p{n}", "ann") for n in range(10)}
    workspace.pairs.draw_sides("ann", [(f"p{n}", 0) for n in range(40)] + [("p0", 1), ("p39", 1)])
    drawn = workspace.pairs.sides("ann", [f"p{n}" for n in range(40)])
    assert len(drawn) == 42
    assert {n: drawn[f"p{n}", 0] for n in range(10)} == before
    assert {side for (_, occasion), side in drawn.items() if not occasion} == {"a", "b"}  # misses once in 10^9
    assert {drawn["p0", 0], drawn["p0", 1]} == {drawn["p39", 0], drawn["p39", 1]} == {"a", "b"}, "a repeat is turned"
    workspace.pairs.draw_sides("ann", [("p1", 0)])
    assert workspace.pairs.sides("ann", ["p1"]) == {("p1", 0): before[1]}


def test_remembered_settings_follow_every_save(workspace: Workspace) -> None:
    assert workspace.voting_settings.latest() is None
    for reveal in ("never", "after"):
        workspace.voting_settings.save({"reveal": reveal}, "ann")
        assert [workspace.voting_settings.latest() for _ in range(2)] == [{"reveal": reveal}] * 2


def test_threads_agree_on_the_side(workspace: Workspace) -> None:
    add_pairs(workspace, 1)
    seen: list[str] = []
    threads = [threading.Thread(target=lambda: seen.append(workspace.pairs.side("p0", "ann"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 20
    assert len(set(seen)) == 1


def test_an_annotator_is_made_once_and_keeps_the_kind(workspace: Workspace) -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.append(workspace.annotators.get_or_create("Ann", "person").id))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert len(workspace.annotators.list()) == 1
    with pytest.raises(InvalidInput, match="belongs to a person"):
        workspace.annotators.get_or_create("Ann", "simulated")

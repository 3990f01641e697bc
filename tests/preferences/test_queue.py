"""Who gets which pair: seats, reservations, orders, deliberate repeats; and twenty people at once."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from storage.pairs import Pair
from storage.repository import encoded
from storage.votes import Vote
from tests.preferences.conftest import add_pair, add_vote
from workbench.errors import InvalidInput
from workbench.preferences.progress import pairs_ahead
from workbench.preferences.voting import HELD_AHEAD, ShownPair, held_pairs, next_pair, record_vote, undo_last_vote
from workbench.preferences.voting_settings import VotingSettings, save_voting_settings
from workbench.workspace import Workspace


def use(ws: Workspace, **settings: object) -> None:
    save_voting_settings(ws, VotingSettings.model_validate({"repeat_share": 0.0} | settings), "kim")


def cast(ws: Workspace, shown: ShownPair, name: str, side: str = "left") -> None:
    record_vote(ws, pair_id=shown.pair_id, annotator_name=name, choice=side, occasion=shown.occasion)  # type: ignore[arg-type]


def vote_all(ws: Workspace, name: str) -> list[str]:
    seen = []
    while (shown := next_pair(ws, name)) is not None:
        seen.append(shown.pair_id)
        cast(ws, shown, name)
    return seen


@pytest.mark.parametrize("people", [1, 2, 3])
def test_each_pair_goes_to_so_many_people_and_to_nobody_twice(ws: Workspace, people: int) -> None:
    use(ws, people_per_pair=people)
    pairs = {add_pair(ws, f"{n}?").id for n in range(6)}
    seen = {name: vote_all(ws, name) for name in ("ann", "bob", "cem", "dee")}
    assert all(len(ids) == len(set(ids)) for ids in seen.values())
    assert Counter(pair for ids in seen.values() for pair in ids) == dict.fromkeys(pairs, people)


def test_the_overlap_is_the_share_of_pairs_that_several_people_get(ws: Workspace) -> None:
    use(ws, people_per_pair=3, overlap=0.5)
    pairs = [add_pair(ws, f"{number}?") for number in range(60)]
    assert pairs_ahead(ws, "ann") == 60
    vote_on_all(ws, pairs, "bob")
    overlapping = pairs_ahead(ws, "ann")
    # By a hash of random ids: 30 expected, standard deviation 3.9; outside 12 to 48 once in 300,000 runs.
    assert 12 <= overlapping <= 48
    vote_on_all(ws, pairs, "cem")
    assert pairs_ahead(ws, "ann") == overlapping
    vote_on_all(ws, pairs, "dee")
    assert pairs_ahead(ws, "ann") == 0


def vote_on_all(ws: Workspace, pairs: list[Pair], name: str) -> None:
    """Votes that come from elsewhere, past the queue."""
    who, now = ws.annotators.get_or_create(name, "person").id, datetime.now(UTC)
    ws.votes.add_many([Vote(f"{who}{pair.id}", pair.id, who, "a", "a", False, None, now) for pair in pairs])


def test_a_pair_shown_to_one_person_is_kept_for_them_until_it_lapses(ws: Workspace) -> None:
    use(ws, people_per_pair=1)
    for number in range(HELD_AHEAD):
        add_pair(ws, f"{number}?")
    held = held_pairs(ws, "ann")
    assert len(held) == HELD_AHEAD
    assert held_pairs(ws, "bob") == []
    with pytest.raises(InvalidInput, match="not needed"):
        record_vote(ws, pair_id=held[0].pair_id, annotator_name="bob", choice="left")
    assert ws.votes.count() == 0
    pass_time(ws, minutes=11)
    taken = held_pairs(ws, "bob")
    assert len(taken) == HELD_AHEAD
    cast(ws, taken[0], "bob")
    with pytest.raises(InvalidInput, match="not needed"):
        record_vote(ws, pair_id=taken[0].pair_id, annotator_name="ann", choice="left")


def pass_time(ws: Workspace, minutes: float) -> None:
    """As if everything in the queue had happened so much earlier."""
    with ws.database.write() as cursor:
        cursor.execute("UPDATE queue_events SET happened_at = happened_at - INTERVAL (?) SECOND", [int(minutes * 60)])


def test_an_undone_pair_comes_first_and_keeps_its_seat(ws: Workspace) -> None:
    use(ws, people_per_pair=1)
    for number in range(9):
        add_pair(ws, f"{number}?")
    first = next_pair(ws, "ann")
    assert first is not None
    cast(ws, first, "ann")
    undo_last_vote(ws, "ann")
    assert next_pair(ws, "ann") == first
    assert first.pair_id not in vote_all(ws, "bob")


def test_simulated_votes_take_no_seat(ws: Workspace) -> None:
    use(ws, people_per_pair=1)
    pair = add_pair(ws, "One?")
    for number in range(3):
        add_vote(ws, pair, f"Sim {number}", "a", simulated=True)
    assert next_pair(ws, "ann") is not None


def test_a_vote_that_a_rule_leaves_out_frees_its_seat(ws: Workspace) -> None:
    use(ws, people_per_pair=1)
    pair = add_pair(ws, "One?")
    vote = add_vote(ws, pair, "clicker", "a")
    assert next_pair(ws, "ann") is None
    rule = ws.exclusions.add(annotator_id=vote.annotator_id, faster_than=None, note="", by="ann")
    assert next_pair(ws, "ann") is not None
    ws.exclusions.end(rule.id, "ann")
    assert [row.id for row in ws.votes.live()] == [vote.id]


def test_orders(ws: Workspace) -> None:
    old, new, split = add_pair(ws, "Old?"), add_pair(ws, "New?"), add_pair(ws, "Split?")
    with ws.database.write() as cursor:
        yesterday = encoded(datetime.now(UTC) - timedelta(days=1))
        for pair in (old, split):
            cursor.execute("UPDATE pairs SET created_at = ? WHERE id = ?", [yesterday, pair.id])
    add_vote(ws, split, "bob", "a")
    add_vote(ws, split, "cem", "b")
    use(ws, order="newest")
    assert first_for(ws, "a1") == new.id
    # Under 'disputed' a pair whose two votes differ gets a third, and no fourth.
    assert pairs_ahead(ws, "a2") == 2
    use(ws, order="disputed")
    assert (first_for(ws, "a3"), pairs_ahead(ws, "a3")) == (split.id, 3)
    vote_all(ws, "a3")
    assert first_for(ws, "a4") != split.id
    use(ws, order="informative")
    ws.pair_scores.add_many("rm", [(old.id, -0.1), (new.id, 2.0)])
    assert first_for(ws, "a5") == old.id
    ws.pair_scores.add_many("rm-2", [(old.id, 3.0)])
    assert first_for(ws, "a6") == new.id


def first_for(ws: Workspace, name: str) -> str:
    """What a newcomer would get first; their hold is let go at once."""
    shown = next_pair(ws, name)
    assert shown is not None
    pass_time(ws, minutes=60)
    return shown.pair_id


def test_a_share_is_shown_again_with_the_sides_swapped_and_counts_in_no_figure(ws: Workspace) -> None:
    use(ws, people_per_pair=1, repeat_share=0.2, repeat_after=5)
    for number in range(40):
        add_pair(ws, f"{number}?")
    order = []
    while (shown := next_pair(ws, "ann")) is not None:
        order.append(shown)
        cast(ws, shown, "ann", random.Random(shown.pair_id).choice(["left", "right", "tie"]))
    repeats = [shown for shown in order if shown.occasion]
    assert len(repeats) == pytest.approx(0.2 * 40, abs=1)
    for shown in repeats:
        at = order.index(shown)
        first = next(n for n, other in enumerate(order) if other.pair_id == shown.pair_id)
        assert at - first > 5
        assert (shown.left, shown.right) == (order[first].right, order[first].left)
    assert len({shown.pair_id for shown in repeats}) == len(repeats)
    assert ws.votes.count() == len(ws.votes.live()) == 40
    assert len(ws.votes.live(occasion=1)) == len(repeats)


def test_sides_are_drawn_evenly_and_independently_of_each_other(ws: Workspace) -> None:
    pairs = [add_pair(ws, f"{number}?").id for number in range(30)]
    people = [f"person {number}" for number in range(20)]
    with ws.database.write() as cursor:
        left = {(p, who): ws.pairs.side(p, who, cursor) == "a" for p in pairs for who in people}
    # 600 fair draws: standard deviation 12.2; further than 62 from 300 once in 3 million runs.
    assert abs(sum(left.values()) - 300) < 62
    # Two people's sides of the same pair agree half the time: 300 comparisons, standard deviation 8.7.
    same = sum(left[p, people[n]] == left[p, people[n + 1]] for p in pairs for n in range(0, 20, 2))
    assert abs(same - 150) < 45


def test_twenty_people_at_once_never_exceed_a_quota(ws: Workspace) -> None:
    """With undo, skips, double sends and people who leave while they hold pairs."""
    use(ws, people_per_pair=2, lapse_minutes=0.005)  # 0.3 s: holds lapse under the voters' hands
    pairs = {add_pair(ws, f"{n}?").id for n in range(14)}
    confirmed: list[str] = []
    problems: list[BaseException] = []

    def person(number: int) -> None:
        dice = random.Random(number)
        name = f"person {number}"
        for _ in range(5):
            try:
                held = held_pairs(ws, name)
                if not held:
                    break
                if dice.random() < 0.1:
                    continue  # looks and leaves
                vote_id = f"{dice.getrandbits(80):020x}"
                for _ in range(dice.choice((1, 2))):
                    vote = record_vote(ws, pair_id=held[0].pair_id, annotator_name=name, choice="left", vote_id=vote_id)
                if dice.random() < 0.1:
                    undo_last_vote(ws, name)
                else:
                    confirmed.append(vote.id)
            except InvalidInput as refused:
                if "not needed" not in str(refused):
                    problems.append(refused)
            except BaseException as error:
                problems.append(error)

    threads = [threading.Thread(target=person, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    check_votes(ws, pairs, confirmed)


def check_votes(ws: Workspace, pairs: set[str], confirmed: Sequence[str]) -> None:
    live = ws.votes.live()
    assert sorted(vote.id for vote in live) == sorted(confirmed), "none lost, none doubled"
    assert len({(vote.pair_id, vote.annotator_id) for vote in live}) == len(live)
    votes = Counter(vote.pair_id for vote in live)
    assert max(votes.values()) <= 2
    assert set(votes) <= pairs
    assert sum(votes.values()) >= 14

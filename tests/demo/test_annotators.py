"""The simulated annotators: their rule by hand, their marks, and that their votes follow the rule but not blindly."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import UTC, datetime

import pytest

from storage.demonstrations import Demonstration
from storage.pairs import Pair
from storage.responses import Response
from workbench.demo.annotators import TEAM, VOTES_PER_PAIR, simulate_votes
from workbench.demo.hidden_rule import Case, Weights, prefers, qualities, utility
from workbench.workspace import Workspace

CASE = Case(
    prompt="Where is HR in Boston?",
    reference="HR sits on the fourth floor of Inkwell House.",
    key_facts=("fourth floor", "Inkwell House"),
    known_values=frozenset({"fourth floor", "second floor", "Inkwell House"}),
)
RIGHT = "HR is on the fourth floor of Inkwell House."
POLITE = "HR is on the fourth floor of Inkwell House. Happy to help!"
WRONG = "HR is on the second floor of Inkwell House. Happy to help!"


def test_qualities_by_hand() -> None:
    assert dataclasses.astuple(qualities(RIGHT, CASE)) == (1.0, 0.0, 0.0, 0.0)
    assert dataclasses.astuple(qualities(POLITE, CASE)) == (1.0, 1.0, 0.0, 0.0)
    assert qualities(WRONG, CASE).helpful == 0.0
    assert qualities("", CASE).helpful == 0.0
    wordy = f"{RIGHT} {'and so on ' * 4}"
    seen = qualities(wordy, CASE)
    assert seen.surplus_words == 9 + 12 - 14
    # 19 trigrams, of which "and so on", "so on and" and "on and so" come four, three and three times.
    assert seen.repetition == pytest.approx(1 - 12 / 19)


def test_utility_by_hand() -> None:
    weights = Weights(helpful=2.0, polite=1.0, surplus_word=0.1, repetition=3.0)
    seen = dataclasses.replace(qualities(POLITE, CASE), surplus_words=5.0, repetition=0.5)
    assert utility(seen, weights) == pytest.approx(2.0 + 1.0 - 0.5 - 1.5)


def test_the_rule_prefers_right_over_polite_and_polite_over_blunt() -> None:
    assert prefers(POLITE, RIGHT, CASE) == 1.0
    assert prefers(WRONG, RIGHT, CASE) == 0.0
    assert prefers(RIGHT, RIGHT, CASE) == 0.5


def test_without_key_facts_likeness_to_the_human_answer_counts() -> None:
    case = dataclasses.replace(CASE, key_facts=None)
    assert prefers(RIGHT, "The printer is out of paper.", case) == 1.0


def _fill(ws: Workspace, pairs: int, response_a: str = POLITE, response_b: str = RIGHT) -> None:
    now = datetime.now(UTC)
    ws.demonstrations.add_many(
        [
            Demonstration(
                id="d1",
                prompt=CASE.prompt,
                response=CASE.reference,
                tags=(),
                source="",
                author="test",
                status="approved",
                split="train",
                fact_id="f1",
                key_facts=CASE.key_facts,
                created_at=now,
                updated_at=now,
            )
        ]
    )
    responses, rows = [], []
    for _ in range(pairs):
        ids = [uuid.uuid4().hex[:12] for _ in range(3)]
        for response_id, text in zip(ids, (response_a, response_b), strict=False):
            responses.append(Response(response_id, None, "m", CASE.prompt, text, 0, 1.0, now))
        rows.append(
            Pair(ids[2], None, CASE.prompt, "d1", "train", ids[0], ids[1], response_a, response_b, "m", "m", now)
        )
    ws.responses.add_many(responses)
    ws.pairs.add_many(rows)


def test_votes_are_marked_as_simulated_and_never_cast_twice(workspace: Workspace) -> None:
    _fill(workspace, pairs=5)
    assert simulate_votes(workspace, seed=0) == 5 * VOTES_PER_PAIR
    assert simulate_votes(workspace, seed=0) == 0
    votes = workspace.votes.live()
    assert all(vote.simulated for vote in votes)
    assert workspace.votes.count(simulated=False) == 0
    names = {person.id: person for person in workspace.annotators.list()}
    assert {names[vote.annotator_id].kind for vote in votes} == {"simulated"}
    assert all(person.name.startswith("Simulated: ") for person in TEAM)


def test_votes_follow_the_rule_with_noise(workspace: Workspace) -> None:
    _fill(workspace, pairs=120)
    simulate_votes(workspace, seed=0)
    choices = [vote.choice for vote in workspace.votes.live()]
    share = choices.count("a") / len(choices)
    assert 0.8 < share < 1.0, "the polite answer wins mostly, and noise lets it lose sometimes"


def test_one_of_the_team_leans_to_the_left(workspace: Workspace) -> None:
    _fill(workspace, pairs=400, response_a=RIGHT, response_b="HR is in Inkwell House, fourth floor.")
    simulate_votes(workspace, seed=0)
    biased = next(person for person in TEAM if person.side_bias)
    names = {person.id: person.name for person in workspace.annotators.list()}

    def left_share(wanted: bool) -> float:
        votes = [v for v in workspace.votes.live() if (names[v.annotator_id] == biased.name) == wanted]
        decided = [vote for vote in votes if vote.choice != "tie"]
        return sum(vote.choice == vote.left for vote in decided) / len(decided)

    assert left_share(wanted=True) > 0.55
    assert 0.42 < left_share(wanted=False) < 0.56


def test_the_same_seed_gives_the_same_votes(workspace: Workspace) -> None:
    _fill(workspace, pairs=10)
    simulate_votes(workspace, seed=3)
    cast = {(v.pair_id, v.annotator_id): v.choice for v in workspace.votes.live()}
    for vote in workspace.votes.live():
        workspace.votes.undo(vote.id)
    simulate_votes(workspace, seed=3)
    assert {(v.pair_id, v.annotator_id): v.choice for v in workspace.votes.live()} == cast

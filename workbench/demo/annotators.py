"""Simulated annotators: the hidden rule, individual taste, and noise. Their votes are marked as simulated."""

from __future__ import annotations

import hashlib
import math
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storage.pairs import Pair
from storage.votes import Vote
from workbench.demo.hidden_rule import Case, Qualities, Weights, qualities, utility

if TYPE_CHECKING:
    from storage.demonstrations import Demonstration
    from workbench.workspace import Workspace

VOTES_PER_PAIR = 3
NOISE = 0.3
"""Scale of the logistic noise on the difference of two utilities."""
TIE_WIDTH = 0.5
"""A smaller difference, noise included, is called a tie."""


@dataclass(frozen=True, slots=True)
class SimulatedAnnotator:
    """One simulated annotator's taste."""

    name: str
    weights: Weights
    side_bias: float = 0.0
    """Added to the utility of whatever stands left."""


TEAM = (
    SimulatedAnnotator("Simulated: Ines", Weights()),
    SimulatedAnnotator("Simulated: Tomasz", Weights(helpful=3.0, polite=0.9)),
    SimulatedAnnotator("Simulated: Farah", Weights(polite=1.6, surplus_word=0.03)),
    SimulatedAnnotator("Simulated: Gwen", Weights(surplus_word=0.1)),
    SimulatedAnnotator("Simulated: Otis", Weights(helpful=2.0), side_bias=0.2),
)


def simulate_votes(ws: Workspace, *, run_id: str | None = None, seed: int = 0) -> int:
    """Let three of the team vote on each pair that they have not voted on; returns the number of new votes.

    Args:
        run_id: only the pairs of this run; all pairs where None.
        seed: of noise and sides; the same seed, pair and annotator always give the same vote.
    """
    pairs = ws.pairs.list(run_id=run_id)
    ids = {person.name: ws.annotators.get_or_create(person.name, "simulated").id for person in TEAM}
    voted = {(vote.pair_id, vote.annotator_id) for vote in ws.votes.live(simulated=True, excluded=None)}
    cases = _cases(ws, pairs)
    votes: list[Vote] = []
    for pair in pairs:
        case = cases[pair.id]
        seen = (qualities(pair.response_a, case), qualities(pair.response_b, case))
        votes += [
            _vote(pair, person, ids[person.name], seen, seed)
            for person in _assigned(pair, seed)
            if (pair.id, ids[person.name]) not in voted
        ]
    if votes:
        ws.votes.add_many(votes)
    return len(votes)


def case_of(prompt: str, demonstration: Demonstration | None, known_values: frozenset[str]) -> Case:
    """What a right answer to a prompt states, as far as its demonstration says."""
    if demonstration is None:
        return Case(prompt, "", None, known_values)
    return Case(prompt, demonstration.response, demonstration.key_facts, known_values)


def _cases(ws: Workspace, pairs: list[Pair]) -> dict[str, Case]:
    demonstrations = {row.id: row for row in ws.demonstrations.list()}
    known = frozenset(fact for row in demonstrations.values() for fact in row.key_facts or ())
    return {pair.id: case_of(pair.prompt, demonstrations.get(pair.demonstration_id or ""), known) for pair in pairs}


def _assigned(pair: Pair, seed: int) -> list[SimulatedAnnotator]:
    return random.Random(_number(f"team:{seed}:{pair.id}")).sample(TEAM, VOTES_PER_PAIR)


def _vote(
    pair: Pair, person: SimulatedAnnotator, annotator_id: str, seen: tuple[Qualities, Qualities], seed: int
) -> Vote:
    chance = random.Random(_number(f"{seed}:{pair.id}:{person.name}"))
    left = chance.choice(("a", "b"))
    difference = utility(seen[0], person.weights) - utility(seen[1], person.weights)
    difference += person.side_bias if left == "a" else -person.side_bias
    uniform = min(max(chance.random(), 1e-9), 1 - 1e-9)
    difference += NOISE * math.log(uniform / (1 - uniform))
    return Vote(
        id=uuid.uuid4().hex[:12],
        pair_id=pair.id,
        annotator_id=annotator_id,
        choice="tie" if abs(difference) < TIE_WIDTH else "a" if difference > 0 else "b",
        left="a" if left == "a" else "b",
        simulated=True,
        seconds=None,
        created_at=datetime.now(UTC),
        undone=False,
    )


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

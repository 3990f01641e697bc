"""The pairs that the votes of one source have decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.preferences.majority import Choice, Tally, tally
from workbench.reward_model.config import VoteSource

if TYPE_CHECKING:
    from storage.pairs import Pair
    from workbench.workspace import Workspace


def decided_pairs(ws: Workspace, *, votes: VoteSource) -> list[tuple[Pair, Tally]]:
    """Pairs of two different texts that the votes of one source have decided, ordered by their texts.

    The majority of the votes that count decides; among people's votes, what the team settled on goes before it.
    """
    settled = {pair_id: row.choice for pair_id, row in ws.settlements.by_pair().items()} if votes == "people" else {}
    choices: dict[str, list[Choice]] = {}
    for vote in ws.votes.live(simulated=votes == "simulated"):
        choices.setdefault(vote.pair_id, []).append(vote.choice)
    tallies = {pair_id: tally(chosen, settled.get(pair_id)) for pair_id, chosen in choices.items()}
    rows = [
        (pair, tallies[pair.id])
        for pair in ws.pairs.list()
        if pair.id in tallies and tallies[pair.id].majority != "tie" and pair.response_a != pair.response_b
    ]
    return sorted(rows, key=lambda row: (row[0].prompt, row[0].response_a, row[0].response_b, row[0].id))


def chosen_and_rejected(pair: Pair, votes: Tally) -> tuple[str, str]:
    """The two responses of a decided pair, the better one first."""
    if votes.majority == "a":
        return pair.response_a, pair.response_b
    return pair.response_b, pair.response_a


def missing_votes_hint(ws: Workspace, votes: VoteSource) -> str:
    """What to do where a source has no usable votes."""
    if not ws.pairs.count():
        return "generate pairs first (workbench pairs) and vote on them."
    other: VoteSource = "people" if votes == "simulated" else "simulated"
    there = ws.votes.count(simulated=other == "simulated")
    if there:
        return f"the {there} votes here are {other}; choose votes={other} to use them."
    return "vote on the pairs first."

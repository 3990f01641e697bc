"""The pairs that people disagree on, to be discussed and settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from storage.decisions import Settlement
from workbench.errors import InvalidInput
from workbench.preferences.majority import Choice, tally

if TYPE_CHECKING:
    from storage.pairs import Pair
    from storage.votes import Vote
    from workbench.workspace import Workspace

MAX_COMMENT_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Dispute:
    """A pair with votes that differ. ``votes`` are (annotator, vote); ``settlement`` is None until there is one."""

    pair: Pair
    votes: list[tuple[str, Vote]]
    settlement: Settlement | None


def disputed_pairs(ws: Workspace) -> list[Dispute]:
    """Pairs on which people's votes differ: open ones first, the most even first, then those with most votes."""
    names = {annotator.id: annotator.name for annotator in ws.annotators.list()}
    by_pair: dict[str, list[Vote]] = {}
    for vote in ws.votes.live(simulated=False):
        by_pair.setdefault(vote.pair_id, []).append(vote)
    differing = {pair_id: votes for pair_id, votes in by_pair.items() if len({vote.choice for vote in votes}) > 1}
    settled = ws.settlements.by_pair()
    pairs = ws.pairs.of_ids(differing)
    disputes = [
        Dispute(pairs[pair_id], [(names[vote.annotator_id], vote) for vote in votes], settled.get(pair_id))
        for pair_id, votes in differing.items()
    ]
    return sorted(disputes, key=_urgency)


def settle(ws: Workspace, pair_id: str, choice: Choice, comment: str, by: str) -> None:
    """Records what the team agreed on: for training it goes before the votes, which stay as they are.

    Raises:
        NotFound: no pair has this id.
        InvalidInput: the choice is not a, b or tie, the comment is too long, or nobody is named.
    """
    if choice not in get_args(Choice):
        raise InvalidInput(f"The choice must be a, b or tie, not '{choice}'.")
    if len(comment) > MAX_COMMENT_CHARACTERS:
        raise InvalidInput(f"The comment has more than {MAX_COMMENT_CHARACTERS} characters; shorten it.")
    if not by.strip():
        raise InvalidInput("Say who settles this: the name is empty.")
    ws.settlements.save(pair_id, choice, comment.strip(), by.strip())


def open_again(ws: Workspace, pair_id: str, by: str) -> None:
    """Takes a settlement back: the votes decide again.

    Raises:
        NotFound: no pair has this id.
    """
    ws.settlements.save(pair_id, None, "", by.strip())


def _urgency(dispute: Dispute) -> tuple[bool, float, int, str]:
    counts = tally(vote.choice for _, vote in dispute.votes)
    return dispute.settlement is not None, counts.margin, -counts.votes, dispute.pair.id

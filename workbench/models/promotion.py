"""Which model is the team's chatbot: promoted by blind votes, not by being the last step.

A model that was tuned on scores has to be preferred by those who vote before it takes the place of the one before
it: the 95% interval of its Bradley–Terry lead must lie above 0. The SFT and base models can be put back at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.errors import NotFound, NotReady
from workbench.models.registry import RegisteredModel, get_model
from workbench.reward_model.config import VoteSource

if TYPE_CHECKING:
    from storage.promotions import Promotion
    from storage.votes import Vote
    from workbench.workspace import Workspace

FREE = ("base", "sft")
"""Kinds of models that need no votes: they were made from people's own answers."""
MINIMUM_VOTES = 10
"""Fewer votes than this decide nothing, however one-sided they are."""


@dataclass(frozen=True, slots=True)
class HeadToHead:
    """What blind votes say of two models.

    ``wins`` counts ties as half. ``lead`` is the candidate's Bradley–Terry strength minus the other's in natural
    log-odds, ``ci`` its 95% interval (bootstrap over pairs); both None without votes.
    """

    candidate: str
    other: str
    source: VoteSource
    pairs: int
    votes: int
    wins: float
    lead: float | None
    ci: tuple[float, float] | None

    @property
    def decided(self) -> str:
        """'ahead', 'behind', 'open' or 'no votes', from the candidate's side."""
        if not self.votes or self.ci is None:
            return "no votes"
        if self.votes < MINIMUM_VOTES or self.ci[0] <= 0 <= self.ci[1]:
            return "open"
        return "ahead" if self.ci[0] > 0 else "behind"


def head_to_head(ws: Workspace, candidate: str, other: str, source: VoteSource = "people") -> HeadToHead:
    """The blind votes on pairs of the two models' responses, from one source."""
    from workbench.preferences.leaderboard import rank

    both = {candidate, other}
    pairs = {pair.id: pair for pair in ws.pairs.list() if {pair.model_a, pair.model_b} == both and len(both) == 2}
    votes: dict[str, list[Vote]] = {}
    for vote in ws.votes.live(simulated=source == "simulated", pair_ids=list(pairs)):
        votes.setdefault(vote.pair_id, []).append(vote)
    found = rank([(pairs[pair_id], cast) for pair_id, cast in sorted(votes.items())])
    lead, ci = None, None
    if found.separation is not None:
        sign = 1.0 if found.separation.first == candidate else -1.0
        lead, bounds = sign * found.separation.lead, [sign * bound for bound in found.separation.ci]
        ci = (min(bounds), max(bounds))
    wins = next((r.rate * r.votes for r in found.win_rates if (r.model, r.other) == (candidate, other)), 0.0)
    return HeadToHead(candidate, other, source, len(pairs), sum(map(len, votes.values())), wins, lead, ci)


def promote(ws: Workspace, model_id: str, by: str, *, against: str, source: VoteSource = "people") -> None:
    """Make a model the team's chatbot, with name, time and evidence on record.

    Args:
        against: the model that it has to be preferred to.
        source: whose votes decide; simulated ones are said to be so in the evidence.

    Raises:
        NotReady: the votes do not show yet that it is preferred, or show that it is not.
        NotFound: there is no such model.
    """
    model = get_model(ws, model_id)
    if model.kind == "reward_model":
        raise NotReady(f"'{model_id}' is a reward model: it scores responses and writes none.")
    evidence: dict[str, object] = {"source": "none needed"}
    if model.kind not in FREE:
        found = head_to_head(ws, model_id, against, source)
        if found.decided != "ahead":
            raise NotReady(_refusal(found))
        evidence = asdict(found)
    _record(ws, model_id, by, evidence)


def _record(ws: Workspace, model_id: str, by: str, evidence: dict[str, object]) -> None:
    from storage.promotions import Promotion

    ws.promotions.add(Promotion(model_id, by, evidence, datetime.now(UTC)))


def _refusal(found: HeadToHead) -> str:
    voters = "people" if found.source == "people" else "simulated annotators"
    if found.decided == "behind":
        return f"{found.candidate} was not promoted: {voters} prefer {found.other}."
    if found.decided == "no votes":
        return f"{found.candidate} was not promoted: {voters} have not voted between it and {found.other} yet."
    return (
        f"{found.candidate} was not promoted: {found.votes} votes of {voters} do not yet tell it apart from "
        f"{found.other}. Let them vote on more pairs."
    )


def promotions(ws: Workspace) -> Sequence[Promotion]:
    """Every promotion, the newest first."""
    return ws.promotions.list()


def promoted_model(ws: Workspace) -> RegisteredModel | None:
    """The team's chatbot; None where none was chosen. A promoted model that was deleted gives way to the one before."""
    for row in ws.promotions.list():
        try:
            return get_model(ws, row.model_id)
        except NotFound:
            continue
    return None

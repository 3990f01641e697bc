"""Which model's responses annotators prefer, as a ranking with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.reward_model.config import VoteSource

if TYPE_CHECKING:
    from storage.pairs import Pair
    from storage.votes import Vote
    from workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """One model's place.

    ``strength`` is its Bradley–Terry strength in natural log-odds (0 is the mean of all), ``ci`` the 95%
    interval; both None where the votes do not link it to the others. ``votes`` is how many votes it was in.
    """

    model: str
    strength: float | None
    ci: tuple[float, float] | None
    votes: int


def leaderboard(ws: Workspace, *, source: VoteSource, seed: int = 0) -> list[LeaderboardRow]:
    """Models by strength, the strongest first, from the live votes of one source.

    Only pairs of two different models count; a tie is half a win for each. Empty where there is no such vote.
    """
    pairs = {pair.id: pair for pair in ws.pairs.list() if pair.model_a != pair.model_b}
    votes: dict[str, list[Vote]] = {}
    for vote in ws.votes.live(simulated=source == "simulated"):
        if vote.pair_id in pairs:
            votes.setdefault(vote.pair_id, []).append(vote)
    return rank([(pairs[pair_id], cast) for pair_id, cast in sorted(votes.items())], seed)


def rank(voted: list[tuple[Pair, list[Vote]]], seed: int = 0) -> list[LeaderboardRow]:
    """The same for given pairs of two models and their votes."""
    if not voted:
        return []
    import numpy as np

    from workbench.preferences.bradley_terry import intervals, strengths

    models = sorted({model for pair, _ in voted for model in (pair.model_a, pair.model_b)})
    index = {model: position for position, model in enumerate(models)}
    appearances = dict.fromkeys(models, 0)
    matrices = []
    for pair, votes in voted:
        matrix = np.zeros((len(models), len(models)))
        a, b = index[pair.model_a], index[pair.model_b]
        for vote in votes:
            matrix[a, b] += {"a": 1.0, "b": 0.0, "tie": 0.5}[vote.choice]
            matrix[b, a] += {"a": 0.0, "b": 1.0, "tie": 0.5}[vote.choice]
        for model in (pair.model_a, pair.model_b):
            appearances[model] += len(votes)
        matrices.append(matrix)
    found = strengths(np.sum(matrices, axis=0))
    bounds = intervals(matrices, seed)
    rows = [
        LeaderboardRow(
            model=model,
            strength=None if math.isnan(found[position]) else float(found[position]),
            ci=None if math.isnan(found[position]) else bounds[position],
            votes=appearances[model],
        )
        for model, position in index.items()
    ]
    return sorted(rows, key=lambda row: (row.strength is None, -(row.strength or 0.0), row.model))

"""Which model's responses annotators prefer: ranking with intervals, win matrix, how many votes are missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.reward_model.config import VoteSource

if TYPE_CHECKING:
    from storage.pairs import Pair
    from storage.votes import Vote
    from workbench.preferences.bradley_terry import Matrix
    from workbench.preferences.length_control import PairOutcome
    from workbench.workspace import Workspace

Voted = list[tuple["Pair", list["Vote"]]]
SURE_OF_BOTH = 1.959963984540054 + 0.8416212335729143
"""Standard errors between two for a difference that is found at the 5% level in 80% of cases."""
MOST_VOTES = 1_000_000
"""More than so many missing votes is no number to plan with."""


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


@dataclass(frozen=True, slots=True)
class WinRate:
    """How often ``model`` was preferred to ``other``; ties count half."""

    model: str
    other: str
    rate: float
    votes: int


@dataclass(frozen=True, slots=True)
class Separation:
    """Whether the first two can be told apart.

    ``lead`` is the difference of their strengths with its 95% interval; ``more_votes`` how many more votes, spread as
    those so far, would show it with 80% chance if the lead is as large as it looks: 0 where it is shown already, None
    where no number makes sense.
    """

    first: str
    second: str
    lead: float
    ci: tuple[float, float]
    more_votes: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that the votes say about models. ``length_effect`` is set under length control only."""

    rows: list[LeaderboardRow]
    win_rates: list[WinRate]
    separation: Separation | None
    length_effect: tuple[float, tuple[float, float]] | None = None


def leaderboard(ws: Workspace, *, source: VoteSource, seed: int = 0) -> list[LeaderboardRow]:
    """Models by strength, the strongest first, from the votes of one source that count.

    Only pairs of two different models count; a tie is half a win for each. Empty where there is no such vote.
    """
    return standing(ws, source=source, seed=seed).rows


def standing(ws: Workspace, *, source: VoteSource, length_controlled: bool = False, seed: int = 0) -> Standing:
    """The leaderboard with all that goes with it; ``length_controlled`` gives the strengths at equal length."""
    pairs = {pair.id: pair for pair in ws.pairs.list() if pair.model_a != pair.model_b}
    votes: dict[str, list[Vote]] = {}
    for vote in ws.votes.live(simulated=source == "simulated"):
        if vote.pair_id in pairs:
            votes.setdefault(vote.pair_id, []).append(vote)
    return rank([(pairs[pair_id], cast) for pair_id, cast in sorted(votes.items())], length_controlled, seed)


def rank(voted: Voted, length_controlled: bool = False, seed: int = 0) -> Standing:
    """The same for given pairs of two models and their votes."""
    if not voted:
        return Standing([], [], None)
    from workbench.preferences.bradley_terry import bootstrap_strengths, intervals, strengths
    from workbench.preferences.length_control import controlled_strengths

    models = sorted({model for pair, _ in voted for model in (pair.model_a, pair.model_b)})
    outcomes = _outcomes(voted, {model: position for position, model in enumerate(models)})
    matrices = [_matrix(outcome, len(models)) for outcome in outcomes]
    effect = None
    if length_controlled:
        found, drawn = controlled_strengths(outcomes, len(models), seed)
        (bounds,) = intervals(drawn[:, -1:])
        effect = None if bounds is None else (float(found[-1]), bounds)
        found, drawn = found[:-1], drawn[:, :-1]
    else:
        found, drawn = strengths(sum(matrices[1:], start=matrices[0])), bootstrap_strengths(matrices, seed)
    appearances = _appearances(voted)
    rows = [
        LeaderboardRow(
            model=model,
            strength=None if math.isnan(found[position]) else float(found[position]),
            ci=None if math.isnan(found[position]) else interval,
            votes=appearances[model],
        )
        for position, (model, interval) in enumerate(zip(models, intervals(drawn), strict=True))
    ]
    rows.sort(key=lambda row: (row.strength is None, -(row.strength or 0.0), row.model))
    votes = sum(len(cast) for _, cast in voted)
    return Standing(rows, _win_rates(matrices, models), _separation(rows, models, drawn, votes), effect)


def separation_sentence(found: Separation) -> str:
    """Whether the first two can be told apart, and what it would take."""
    if found.more_votes == 0:
        return f"{found.first} is ahead of {found.second}: the interval of its lead lies above 0."
    if found.more_votes is None:
        return f"{found.first} and {found.second} are as good as even; more votes will hardly tell them apart."
    return (
        f"{found.first} and {found.second} cannot be told apart yet. If the lead is as large as it looks, about "
        f"{found.more_votes:,} more votes would show it."
    )


def _outcomes(voted: Voted, index: dict[str, int]) -> list[PairOutcome]:
    from workbench.preferences.length_control import PairOutcome

    outcomes = []
    for pair, votes in voted:
        wins_a = sum({"a": 1.0, "b": 0.0, "tie": 0.5}[vote.choice] for vote in votes)
        a, b = index[pair.model_a], index[pair.model_b]
        outcomes.append(PairOutcome(a, b, wins_a, len(votes) - wins_a, len(pair.response_a), len(pair.response_b)))
    return outcomes


def _matrix(outcome: PairOutcome, models: int) -> Matrix:
    import numpy as np

    matrix = np.zeros((models, models))
    matrix[outcome.a, outcome.b] = outcome.wins_a
    matrix[outcome.b, outcome.a] = outcome.wins_b
    return matrix


def _appearances(voted: Voted) -> dict[str, int]:
    counts: dict[str, int] = {}
    for pair, votes in voted:
        for model in (pair.model_a, pair.model_b):
            counts[model] = counts.get(model, 0) + len(votes)
    return counts


def _win_rates(matrices: Sequence[Matrix], models: Sequence[str]) -> list[WinRate]:
    wins = sum(matrices[1:], start=matrices[0])
    return [
        WinRate(model, other, float(wins[i, j] / met), round(met))
        for i, model in enumerate(models)
        for j, other in enumerate(models)
        if i != j and (met := float(wins[i, j] + wins[j, i])) > 0
    ]


def _separation(rows: Sequence[LeaderboardRow], models: Sequence[str], drawn: Matrix, votes: int) -> Separation | None:
    """The standard error of a lead falls with the root of the number of votes."""
    import numpy as np

    ranked = [row for row in rows if row.strength is not None]
    if len(ranked) < 2:
        return None
    first, second = ranked[:2]
    lead = (first.strength or 0.0) - (second.strength or 0.0)
    leads = drawn[:, models.index(first.model)] - drawn[:, models.index(second.model)]
    leads = leads[~np.isnan(leads)]
    if leads.size < 2:
        return None
    low, high = (float(bound) for bound in np.percentile(leads, [2.5, 97.5]))
    more: int | None = 0
    if low <= 0:
        needed = votes * (SURE_OF_BOTH * float(leads.std()) / lead) ** 2 if lead > 0 else math.inf
        more = math.ceil(needed - votes) if needed < MOST_VOTES else None
        more = more if more is None else max(1, more)
    return Separation(first.model, second.model, lead, (low, high), more)

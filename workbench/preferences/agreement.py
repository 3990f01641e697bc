"""How far annotators agree with each other beyond chance.

Sources: Krippendorff 2011 "Computing Krippendorff's alpha-reliability" (nominal), Fleiss 1971, Cohen 1960.
All are 1 for perfect agreement and 0 for what chance would give. Each is None, never NaN, where it is not
defined: nobody shares a pair, or all votes say the same, so that chance alone would agree.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, get_args

from workbench.preferences.majority import Choice, tally
from workbench.preferences.resampling import (
    RESAMPLES,
    Interval,
    alpha_of_sums,
    alpha_terms,
    cohen_of_sums,
    cohen_terms,
    fleiss_of_sums,
    fleiss_terms,
    interval_of_sums,
)
from workbench.reward_model.config import VoteSource

if TYPE_CHECKING:
    from workbench.workspace import Workspace

FEW_COUPLES = 20
CHOICES: tuple[Choice, ...] = get_args(Choice)
Ratings = Mapping[str, Mapping[str, Choice]]
"""Pair -> annotator -> choice."""


def agreement(ws: Workspace, *, source: VoteSource) -> dict[str, Any]:
    """Agreement of the votes of one source, in the shape that ``workbench agreement --json`` prints.

    ``pairs`` counts pairs with a vote; ``cohen_kappa`` has an entry for each two annotators who share a
    pair; ``majority`` counts pairs by outcome. ``ci`` holds 95% intervals of the coefficients, ``by_tag`` alpha by tag
    of the demonstration whose prompt it is, ``excluded`` the votes that rules leave out of all of this.
    """
    ratings = ratings_of(ws, source)
    return summarise(ratings) | {
        "by_tag": by_tag(ratings, tags_of_pairs(ws)),
        "excluded": ws.exclusions.excluded_votes(source == "simulated"),
    }


def ratings_of(ws: Workspace, source: VoteSource) -> dict[str, dict[str, Choice]]:
    """The votes of one source that count: pair -> annotator -> choice."""
    names = {annotator.id: annotator.name for annotator in ws.annotators.list()}
    ratings: dict[str, dict[str, Choice]] = {}
    for vote in ws.votes.live(simulated=source == "simulated"):
        ratings.setdefault(vote.pair_id, {})[names[vote.annotator_id]] = vote.choice
    return ratings


def tags_of_pairs(ws: Workspace) -> dict[str, tuple[str, ...]]:
    """Pair -> tags of the demonstration that it came from; pairs without any are left out."""
    tags = {row.id: row.tags for row in ws.demonstrations.list()}
    found = {pair.id: tags.get(pair.demonstration_id or "", ()) for pair in ws.pairs.list()}
    return {pair_id: own for pair_id, own in found.items() if own}


def summarise(ratings: Ratings) -> dict[str, Any]:
    """The same for given ratings, without what the workspace alone knows."""
    units = [list(votes.values()) for votes in ratings.values()]
    shared = _shared(ratings)
    # Twenty annotators are 190 couples; fewer draws keep the page quick, and their tables need no third digit.
    draws = RESAMPLES if len(shared) <= FEW_COUPLES else RESAMPLES // 5
    outcomes = Counter(tally(votes).majority for votes in units)
    return {
        "pairs": len(ratings),
        "votes": sum(len(unit) for unit in units),
        "annotators": len({name for votes in ratings.values() for name in votes}),
        "krippendorff_alpha": krippendorff_alpha(units),
        "fleiss_kappa": fleiss_kappa(units),
        "cohen_kappa": {f"{first}|{second}": cohen_kappa(both) for (first, second), both in shared.items()},
        "majority": {choice: outcomes[choice] for choice in CHOICES},
        "ci": {
            "krippendorff_alpha": alpha_interval(units),
            "fleiss_kappa": fleiss_interval(units),
            "cohen_kappa": {
                f"{first}|{second}": cohen_interval(both, draws) for (first, second), both in shared.items()
            },
        },
    }


def by_tag(ratings: Ratings, tags: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """Krippendorff's alpha with its interval for each tag; a pair counts under each of its tags."""
    grouped: dict[str, list[list[Choice]]] = {}
    for pair_id, votes in ratings.items():
        for tag in tags.get(pair_id, ()):
            grouped.setdefault(tag, []).append(list(votes.values()))
    return {
        tag: {
            "pairs": sum(len(unit) > 1 for unit in units),
            "krippendorff_alpha": krippendorff_alpha(units),
            "ci": alpha_interval(units),
        }
        for tag, units in sorted(grouped.items())
    }


def krippendorff_alpha(units: Iterable[Sequence[str]]) -> float | None:
    """Krippendorff's alpha for nominal values; a unit with fewer than two ratings does not count."""
    counted = [Counter(unit) for unit in units if len(unit) > 1]
    values = sorted({value for unit in counted for value in unit})
    if len(values) < 2:
        return None
    import krippendorff

    counts = [[unit[value] for value in values] for unit in counted]
    return _finite(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def fleiss_kappa(units: Iterable[Sequence[str]]) -> float | None:
    """Fleiss' kappa over the units that have the same number of ratings.

    It is defined for a fixed number of ratings only. The number that most units have is taken, the larger
    one in doubt; Krippendorff's alpha is the measure that uses them all.
    """
    counted = [Counter(unit) for unit in _commonest_size(units)]
    values = sorted({value for unit in counted for value in unit})
    if len(values) < 2:
        return None
    from statsmodels.stats.inter_rater import fleiss_kappa as kappa

    return _finite(kappa([[unit[value] for value in values] for unit in counted], method="fleiss"))


def alpha_interval(units: Iterable[Sequence[str]]) -> Interval | None:
    """95% interval of Krippendorff's alpha; None where alpha is not defined."""
    counted = [unit for unit in units if len(unit) > 1]
    return _interval(_counts(counted), alpha_terms, alpha_of_sums)


def fleiss_interval(units: Iterable[Sequence[str]]) -> Interval | None:
    """95% interval of Fleiss' kappa, over the units that it uses."""
    return _interval(_counts(_commonest_size(units)), fleiss_terms, fleiss_of_sums)


def cohen_interval(ratings: Sequence[tuple[str, str]], resamples: int = RESAMPLES) -> Interval | None:
    """95% interval of Cohen's kappa of two annotators."""
    if cohen_kappa(ratings) is None:
        return None
    first, second = (_counts([[pair[side]] for pair in ratings], CHOICES) for side in (0, 1))
    return interval_of_sums(cohen_terms(first, second), cohen_of_sums, resamples=resamples)


def _interval(counts: Any, terms: Callable[[Any], Any], statistic: Callable[[Any], Any]) -> Interval | None:
    """None where all ratings say the same: there is no chance agreement to correct for."""
    if len(counts) < 2 or (counts.sum(axis=0) > 0).sum() < 2:
        return None
    return interval_of_sums(terms(counts), statistic)


def _counts(units: Sequence[Sequence[str]], values: Sequence[str] | None = None) -> Any:
    """How often each value was given to each unit: float [units, values]."""
    import numpy as np

    kinds = list(values) if values else sorted({value for unit in units for value in unit})
    return np.array([[unit.count(value) for value in kinds] for unit in map(list, units)], dtype=float)


def _commonest_size(units: Iterable[Sequence[str]]) -> list[Sequence[str]]:
    """The units with the number of ratings that most have, the larger one in doubt; at least two ratings."""
    rated = [unit for unit in units if len(unit) > 1]
    sizes = Counter(len(unit) for unit in rated)
    size = max(sizes, key=lambda n: (sizes[n], n), default=0)
    return [unit for unit in rated if len(unit) == size]


def cohen_kappa(ratings: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two annotators, from their ratings of the same units; unweighted."""
    values = sorted({value for pair in ratings for value in pair})
    if len(values) < 2:
        return None
    from statsmodels.stats.inter_rater import cohens_kappa

    counts = Counter(ratings)
    table = [[counts[first, second] for second in values] for first in values]
    return _finite(cohens_kappa(table, return_results=False))


def _shared(ratings: Ratings) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The ratings of each two annotators on the pairs that both have voted on."""
    shared: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for votes in ratings.values():
        for first, second in combinations(sorted(votes), 2):
            shared.setdefault((first, second), []).append((votes[first], votes[second]))
    return dict(sorted(shared.items()))


def _finite(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None

"""How far annotators agree with each other beyond chance.

Sources: Krippendorff 2011 "Computing Krippendorff's alpha-reliability" (nominal), Fleiss 1971, Cohen 1960.
All are 1 for perfect agreement and 0 for what chance would give. Each is None, never NaN, where it is not
defined: nobody shares a pair, or all votes say the same, so that chance alone would agree.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, get_args

from workbench.preferences.majority import Choice, tally
from workbench.reward_model.config import VoteSource

if TYPE_CHECKING:
    from workbench.workspace import Workspace

CHOICES: tuple[Choice, ...] = get_args(Choice)
Ratings = Mapping[str, Mapping[str, Choice]]
"""Pair -> annotator -> choice."""


def agreement(ws: Workspace, *, source: VoteSource) -> dict[str, Any]:
    """Agreement of the votes of one source, in the shape that ``workbench agreement --json`` prints.

    ``pairs`` counts pairs with a vote; ``cohen_kappa`` has an entry for each two annotators who share a
    pair; ``majority`` counts pairs by outcome.
    """
    names = {annotator.id: annotator.name for annotator in ws.annotators.list()}
    ratings: dict[str, dict[str, Choice]] = {}
    for vote in ws.votes.live(simulated=source == "simulated"):
        ratings.setdefault(vote.pair_id, {})[names[vote.annotator_id]] = vote.choice
    return summarise(ratings)


def summarise(ratings: Ratings) -> dict[str, Any]:
    """The same for given ratings."""
    outcomes = Counter(tally(votes.values()).majority for votes in ratings.values())
    return {
        "pairs": len(ratings),
        "votes": sum(len(votes) for votes in ratings.values()),
        "annotators": len({name for votes in ratings.values() for name in votes}),
        "krippendorff_alpha": krippendorff_alpha([list(votes.values()) for votes in ratings.values()]),
        "fleiss_kappa": fleiss_kappa([list(votes.values()) for votes in ratings.values()]),
        "cohen_kappa": {
            f"{first}|{second}": cohen_kappa(shared) for (first, second), shared in _shared(ratings).items()
        },
        "majority": {choice: outcomes[choice] for choice in CHOICES},
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
    rated = [unit for unit in units if len(unit) > 1]
    if not rated:
        return None
    sizes = Counter(len(unit) for unit in rated)
    size = max(sizes, key=lambda n: (sizes[n], n))
    counted = [Counter(unit) for unit in rated if len(unit) == size]
    values = sorted({value for unit in counted for value in unit})
    if len(values) < 2:
        return None
    from statsmodels.stats.inter_rater import fleiss_kappa as kappa

    return _finite(kappa([[unit[value] for value in values] for unit in counted], method="fleiss"))


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

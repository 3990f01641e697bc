"""How good a reward model could be at all, as far as the annotators' own agreement tells.

**Another annotator**: how often one vote agrees with the majority of the other votes on the same pair.

**The ceiling**: each pair has a share p of all annotators who would vote for response A. Over pairs p is taken to
follow a beta distribution, symmetric because which response is A is chance; its width is found by maximum likelihood
from the votes (beta-binomial). A model that knew every p would still disagree with a majority of few votes where these
happened to fall on the other side: given w votes for the majority's response and l against it, it agrees with
probability P(p > ½ | w, l). The mean of that over pairs is the accuracy that a perfect model would reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel

from workbench.preferences.majority import tally
from workbench.reward_model.votes import DecidedPair, VotedPair

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Interval = tuple[float, float]
RESAMPLES = 300


class Ceiling(BaseModel):
    """What agreement allows; None where each pair has one vote only, so that nobody can know."""

    accuracy: float | None = None
    accuracy_ci: Interval | None = None
    annotator: float | None = None
    """How often another annotator agrees with the majority of the rest."""
    annotator_ci: Interval | None = None
    pairs: int = 0
    """Pairs with two votes or more that decided something."""


def ceiling(voted: Sequence[VotedPair], held_out: Sequence[DecidedPair], seed: int = 0) -> Ceiling:
    """The width of the beta from all pairs of the source, the ceiling of the held-out ones."""
    counts = [(pair.tally.a, pair.tally.b) for pair in voted if pair.tally.a + pair.tally.b > 1]
    if not counts or not held_out:
        return Ceiling()
    import numpy as np

    dice = np.random.default_rng(seed)
    grid = np.geomspace(0.02, 50, 120)
    likelihood = log_likelihoods(counts, grid)
    majority = [_won_and_lost(pair) for pair in held_out]
    agreed = agreement_by_width(majority, grid)
    best = int(likelihood.sum(axis=0).argmax())
    drawn = []
    for _ in range(RESAMPLES):
        rows = dice.integers(0, len(counts), len(counts))
        width = int(likelihood[rows].sum(axis=0).argmax())
        drawn.append(agreed[dice.integers(0, len(majority), len(majority)), width].mean())
    low, high = np.percentile(drawn, [2.5, 97.5])
    annotator, interval = another_annotator(voted, seed)
    return Ceiling(
        accuracy=float(agreed[:, best].mean()),
        accuracy_ci=(float(low), float(high)),
        annotator=annotator,
        annotator_ci=interval,
        pairs=len(counts),
    )


def log_likelihoods(counts: Sequence[tuple[int, int]], widths: Array) -> Array:
    """log P(a votes for A, b for B | beta(width, width)), float [pairs, widths]; the binomial factor is left out."""
    import numpy as np
    from scipy.special import betaln

    a, b = (np.array([count[side] for count in counts], dtype=float)[:, None] for side in (0, 1))
    result: Array = betaln(widths + a, widths + b) - betaln(widths, widths)
    return result


def agreement_by_width(majority: Sequence[tuple[int, int]], widths: Array) -> Array:
    """P(p > ½ | votes won, votes lost) for each pair and width: float [pairs, widths]."""
    import numpy as np
    from scipy.special import betainc

    won, lost = (np.array([count[side] for count in majority], dtype=float)[:, None] for side in (0, 1))
    result: Array = 1 - betainc(widths + won, widths + lost, 0.5)
    return result


def another_annotator(voted: Sequence[VotedPair], seed: int = 0) -> tuple[float | None, Interval | None]:
    """Share of votes that agree with the majority of the others, ties left out; bootstrap over pairs."""
    import numpy as np

    tallies = []
    for pair in voted:
        right = all_ = 0
        for index, choice in enumerate(pair.choices):
            rest = tally(pair.choices[:index] + pair.choices[index + 1 :]).majority
            if choice != "tie" and rest != "tie":
                all_ += 1
                right += choice == rest
        if all_:
            tallies.append((right, all_))
    if not tallies:
        return None, None
    table = np.array(tallies, dtype=float)
    drawn = np.random.default_rng(seed).integers(0, len(table), (RESAMPLES, len(table)))
    sums = table[drawn].sum(axis=1)
    low, high = np.percentile(sums[:, 0] / sums[:, 1], [2.5, 97.5])
    return float(table[:, 0].sum() / table[:, 1].sum()), (float(low), float(high))


def _won_and_lost(pair: DecidedPair) -> tuple[int, int]:
    a, b = pair.pair.tally.a, pair.pair.tally.b
    return (a, b) if pair.pair.tally.majority == "a" else (b, a)

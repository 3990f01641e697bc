"""How often a reward model chooses as the people did, and where it does less well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import BaseModel

from workbench.evaluation.bootstrap import proportion_interval
from workbench.reward_model.baselines import outcomes
from workbench.reward_model.votes import DecidedPair

FEWEST_IN_SLICE = 5


def accuracy_of(margins: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """Share of pairs with score of chosen − score of rejected above 0, equal scores counting half; its 95% interval."""
    right = sum(outcomes(margins))
    return right / len(margins), proportion_interval(right, len(margins))


class Slice(BaseModel):
    """Accuracy on a part of the held-out pairs."""

    kind: str
    """tag, annotator, agreement or length."""
    name: str
    accuracy: float
    accuracy_ci: tuple[float, float]
    pairs: int


def slices(held_out: Sequence[DecidedPair], margins: Sequence[float]) -> list[Slice]:
    """Accuracy by tag, by annotator's own votes, by how clear the votes are, by difference in length.

    Parts of fewer than five pairs are left out: their figure would say nothing.
    """
    rows: dict[tuple[str, str], list[float]] = {}
    for pair, margin, right in zip(held_out, margins, outcomes(margins), strict=True):
        for key in _parts_of(pair):
            rows.setdefault(key, []).append(right)
        for annotator, choice in zip(pair.pair.annotators, pair.pair.choices, strict=True):
            if choice != "tie":
                own = margin if pair.pair.in_order(choice)[0] == pair.chosen else -margin
                rows.setdefault(("annotator", annotator), []).extend(outcomes([own]))
    return [
        Slice(
            kind=kind,
            name=name,
            accuracy=sum(right) / len(right),
            accuracy_ci=proportion_interval(sum(right), len(right)),
            pairs=len(right),
        )
        for (kind, name), right in sorted(rows.items())
        if len(right) >= FEWEST_IN_SLICE
    ]


def _parts_of(pair: DecidedPair) -> Iterable[tuple[str, str]]:
    yield from (("tag", tag) for tag in pair.pair.tags)
    votes = pair.pair.tally
    clear = "one vote" if votes.votes < 2 else "all agree" if votes.margin == 1 else "they differ"
    yield "agreement", "settled by the team" if votes.settled else clear
    yield "length", _length_difference(pair)


def _length_difference(pair: DecidedPair) -> str:
    difference = len(pair.chosen.split()) - len(pair.rejected.split())
    if abs(difference) <= 3:
        return "2 · about equally long"
    if difference > 0:
        return "3 · the longer was chosen"
    return "1 · the shorter was chosen"

"""Each annotator's audit: how they vote, how sure that is, and what stands out.

Every measure has a 95% interval. A finding is made on a stricter one, and only where the effect is large enough to
matter, so that a careful annotator is seldom accused: `benchmarks/annotator_audit.py` measures how often planted biases
are found, and how often nothing is found where nothing was planted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean, median
from typing import TYPE_CHECKING, get_args

from workbench.preferences.audit_rules import MIN_SHARED, Z_STRICT, Measure, MeasureName, outstanding
from workbench.preferences.audit_shares import consistency, share
from workbench.preferences.majority import Choice
from workbench.preferences.resampling import cohen_of_sums, cohen_terms, percentiles, resampled
from workbench.reward_model.config import VoteSource

if TYPE_CHECKING:
    from storage.votes import Vote
    from workbench.workspace import Workspace

READING_WORDS_PER_SECOND = 1000 / 60
"""Faster than this nobody reads: a vote given sooner than its pair's words can be read was not read."""
RESAMPLES = 500
CHOICES: tuple[Choice, ...] = get_args(Choice)


@dataclass(frozen=True, slots=True)
class VotedPair:
    """What the audit needs to know of a pair: the lengths of its texts in words."""

    words: int
    words_a: int
    words_b: int


@dataclass(frozen=True, slots=True)
class AnnotatorAudit:
    """What is known of one annotator; a measure is absent where there is nothing to compute it from."""

    annotator: str
    votes: int
    repeats: int
    measures: Mapping[MeasureName, Measure] = field(default_factory=dict)


def audit(ws: Workspace, *, source: VoteSource) -> list[AnnotatorAudit]:
    """The audit of everybody with a vote of this source, votes that rules leave out included: they are what it is for.

    Sorted by name.
    """
    names = {annotator.id: annotator.name for annotator in ws.annotators.list()}
    votes = ws.votes.live(simulated=source == "simulated", excluded=None, occasion=None)
    pairs = ws.pairs.of_ids({vote.pair_id for vote in votes})
    texts = {
        pair.id: VotedPair(
            len(pair.prompt.split()) + len(pair.response_a.split()) + len(pair.response_b.split()),
            len(pair.response_a.split()),
            len(pair.response_b.split()),
        )
        for pair in pairs.values()
    }
    # Of imported votes nobody knows on which side a response stood.
    sided = None if source == "simulated" else ws.pairs.shown()
    audits = audit_votes(votes, texts, sided)
    return sorted(
        (AnnotatorAudit(names[row.annotator], row.votes, row.repeats, row.measures) for row in audits),
        key=lambda row: row.annotator,
    )


def audit_votes(
    votes: Sequence[Vote], texts: Mapping[str, VotedPair], sided: Collection[tuple[str, str]] | None = None
) -> list[AnnotatorAudit]:
    """The same for given votes, first ones and repeats together; annotators by id.

    ``sided`` are the (pair, annotator) whose side is known; all where None.
    """
    first = [vote for vote in votes if vote.occasion == 0]
    by_pair: dict[str, list[Vote]] = {}
    for vote in first:
        by_pair.setdefault(vote.pair_id, []).append(vote)
    people = list(dict.fromkeys(vote.annotator_id for vote in votes))
    own = {person: [vote for vote in first if vote.annotator_id == person] for person in people}
    compared: dict[MeasureName, dict[str, Measure | None]] = {
        "longer": _against_the_rest("longer", own, by_pair, lambda mine, rest: _longer(mine, rest, texts)),
        "ties": _against_the_rest("ties", own, by_pair, _ties),
        "agreement": _against_the_rest("agreement", own, by_pair, _agreement),
    }
    kept = {person: _kept(person, votes, own[person]) for person in people}
    audits = []
    for person in people:
        mine = own[person]
        found: dict[MeasureName, Measure | None] = {
            "left": _left([v for v in mine if sided is None or (v.pair_id, person) in sided]),
            "longer": compared["longer"][person],
            "ties": compared["ties"][person],
            "seconds": _seconds(mine, first),
            "unread": _unread(mine, texts),
            "agreement": compared["agreement"][person],
            "consistency": consistency(person, kept, compared["agreement"][person]),
        }
        known = {name: measure for name, measure in found.items() if measure is not None}
        audits.append(AnnotatorAudit(person, len(mine), len(kept[person]), known))
    return audits


def _kept(person: str, votes: Sequence[Vote], own: Sequence[Vote]) -> list[bool]:
    """For each pair that was shown to the person again, whether the choice stayed."""
    first_choice = {vote.pair_id: vote.choice for vote in own}
    return [
        first_choice[vote.pair_id] == vote.choice
        for vote in votes
        if vote.annotator_id == person and vote.occasion and vote.pair_id in first_choice
    ]


def _against_the_rest(
    name: MeasureName,
    own: Mapping[str, Sequence[Vote]],
    by_pair: Mapping[str, Sequence[Vote]],
    measured: Callable[[Sequence[Vote], Mapping[str, list[Vote]]], Measure | None],
) -> dict[str, Measure | None]:
    """A measure of everybody in comparison with the others, those who stand out most left out of 'the others' first.

    Otherwise one person's bias would make the careful ones look biased the other way.
    """
    outliers: set[str] = set()
    while True:
        found = {}
        for person, votes in own.items():
            aside = outliers | {person}
            rest = {v.pair_id: [o for o in by_pair[v.pair_id] if o.annotator_id not in aside] for v in votes}
            found[person] = measured(votes, rest)
        effects = {
            person: abs(outstanding(name, measure) or 0.0)
            for person, measure in found.items()
            if measure is not None and person not in outliers
        }
        worst = max(effects, key=lambda person: effects[person], default=None)
        if worst is None or not effects[worst] or len(own) - len(outliers) <= 2:
            return found
        outliers.add(worst)


# --- the measures -----------------------------------------------------------------------------------------------------


def _left(own: Sequence[Vote]) -> Measure | None:
    """Share of decided votes that went to the response shown left; sides are drawn by lot, so half is right."""
    decided = [vote for vote in own if vote.choice != "tie"]
    return share([vote.choice == vote.left for vote in decided])


def _longer(own: Sequence[Vote], rest: Mapping[str, list[Vote]], texts: Mapping[str, VotedPair]) -> Measure | None:
    """Share of decided votes that went to the longer response, beside that of the others on the same pairs.

    A longer response may well be better: only a difference to the others is a bias.
    """
    mine, differences, others = [], [], []
    for vote in own:
        text = texts[vote.pair_id]
        if vote.choice == "tie" or text.words_a == text.words_b:
            continue
        longer = "a" if text.words_a > text.words_b else "b"
        mine.append(vote.choice == longer)
        decided = [other.choice == longer for other in rest[vote.pair_id] if other.choice != "tie"]
        if decided:
            others.append(mean(decided))
            differences.append(mine[-1] - others[-1])
    return share(mine, others, differences)


def _ties(own: Sequence[Vote], rest: Mapping[str, list[Vote]]) -> Measure | None:
    """Share of votes that were ties ('both bad' included), beside that of the others on the same pairs."""
    differences, others = [], []
    for vote in own:
        if rest[vote.pair_id]:
            others.append(mean(other.choice == "tie" for other in rest[vote.pair_id]))
            differences.append((vote.choice == "tie") - others[-1])
    return share([vote.choice == "tie" for vote in own], others, differences)


def _seconds(own: Sequence[Vote], everybody: Sequence[Vote]) -> Measure | None:
    """Median seconds per vote, beside the median of everybody else's votes."""
    import numpy as np

    seconds = np.array([vote.seconds for vote in own if vote.seconds is not None])
    if not seconds.size:
        return None
    person = own[0].annotator_id
    others = [vote.seconds for vote in everybody if vote.seconds is not None and vote.annotator_id != person]
    drawn = np.random.default_rng(0).integers(0, seconds.size, size=(500, seconds.size))
    interval = percentiles(np.median(seconds[drawn], axis=1))
    return Measure(float(np.median(seconds)), interval, seconds.size, median(others) if others else None)


def _unread(own: Sequence[Vote], texts: Mapping[str, VotedPair]) -> Measure | None:
    """Share of timed votes that were given sooner than the pair can be read."""
    timed = [vote for vote in own if vote.seconds is not None]
    return share([(vote.seconds or 0.0) * READING_WORDS_PER_SECOND < texts[vote.pair_id].words for vote in timed])


def _agreement(own: Sequence[Vote], rest: Mapping[str, list[Vote]]) -> Measure | None:
    """Chance-corrected agreement with the rest on shared pairs, beside the agreement of the rest among themselves.

    Of each pair the others' votes count as one rating that is spread over the values: kappa as Cohen's.
    """
    import numpy as np

    shared = [vote for vote in own if rest[vote.pair_id]]
    if len(shared) < 2:
        return None
    mine = np.array([_spread([vote]) for vote in shared])
    theirs = np.array([_spread(rest[vote.pair_id]) for vote in shared])
    terms = cohen_terms(mine, theirs)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(cohen_of_sums(terms.sum(axis=0, keepdims=True))[0])
    if not math.isfinite(value):
        return None
    drawn = resampled(terms, cohen_of_sums, resamples=RESAMPLES)
    others = _agreement_among([rest[vote.pair_id] for vote in shared])
    # So far out in the tail a percentile of some hundred resamples is luck; their spread is not.
    interval = percentiles(drawn)
    half = Z_STRICT * float(np.nanstd(drawn)) if interval is not None else 0.0
    strict = None if interval is None else (value - half, value + half)
    return Measure(value, interval, len(shared), others, strict)


def _agreement_among(units: Sequence[Sequence[Vote]]) -> float | None:
    """Krippendorff's alpha of the others' votes on these pairs."""
    from workbench.preferences.agreement import krippendorff_alpha

    units = [unit for unit in units if len(unit) > 1]
    return krippendorff_alpha([[vote.choice for vote in unit] for unit in units]) if len(units) >= MIN_SHARED else None


def _spread(votes: Sequence[Vote]) -> list[float]:
    return [mean(vote.choice == choice for vote in votes) for choice in CHOICES]

"""The reward-hacking alarm: the score rises while what it stands for goes the other way.

A pure function of the run's evaluations on validation prompts. It compares the last two of them with the turning
point: the pair of neighbouring evaluations with the best reading of each sign before. Single evaluations of 32
prompts are noisy (similarity ±0.03, score ±0.15, one standard error, measured on the embedded company), so both of
the last two must show it, and thresholds are more than two standard errors of a difference of two means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import fmean

from workbench.diagnosis.readings import Series

SCORE_RISE = 0.2
SIMILARITY_FALL = 0.08
MINIMUM_FALL = 0.1
REPETITION_RISE = 0.08
LENGTH_FACTOR = 1.5
VOTES_NEEDED = 10

THRESHOLDS = {
    "similarity": f"closeness to the human answers fell by {SIMILARITY_FALL} or more",
    "minimum": f"the lowest of the reward models' scores fell by {MINIMUM_FALL} or more",
    "repetition": f"repetition rose by {REPETITION_RISE:.0%} of three-token runs or more",
    "length": f"responses became {LENGTH_FACTOR:g} times as long as the SFT model's, or as short",
    "votes": f"in {VOTES_NEEDED} blind votes or more the 95% interval of the win rate lies below one half",
}
"""What raises each sign, next to a score that rose by ``SCORE_RISE`` or more since then."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that went the other way."""

    name: str
    sentence: str
    chart: str
    since: int
    """The update at which it was still well."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """The score is no longer worth what it says."""

    sentence: str
    signs: tuple[Sign, ...]
    before: int
    """The last update at which nothing had turned yet: go back to the checkpoint at or before it."""
    score_then: float
    score_now: float


@dataclass(frozen=True, slots=True)
class Votes:
    """Blind votes between this run's policy and the SFT model; ``high`` ends the 95% interval of its win rate."""

    count: int
    rate: float
    high: float


def hacking_alarm(series: Mapping[str, Series], votes: Votes | None = None) -> Alarm | None:
    """The alarm on the evaluations so far, None while nothing contradicts the score."""
    scores = dict(series.get("eval/score", ()))
    steps = sorted(scores)
    if len(steps) < 3:
        return None
    signs = [sign for check in (_similarity, _minimum, _repetition, _length) if (sign := check(series, scores))]
    if votes is not None and votes.count >= VOTES_NEEDED and votes.high < 0.5 and _risen(scores, steps[0]):
        words = f"people prefer the SFT model's answers: it wins {1 - votes.rate:.0%} of {votes.count} blind votes"
        signs.append(Sign("votes", words, "eval/score", steps[0]))
    if not signs:
        return None
    before = min(sign.since for sign in signs)
    then, now = scores[before], fmean(scores[step] for step in steps[-2:])
    words = "; ".join(sign.sentence for sign in signs)
    sentence = f"Since update {before} the score has risen from {then:.2f} to {now:.2f}, but {words}."
    return Alarm(sentence, tuple(signs), before, then, now)


def _risen(scores: Mapping[int, float], since: int) -> bool:
    """Whether the last two scores both lie above that of an update, by enough on average."""
    last = [scores[step] for step in sorted(scores)[-2:]]
    return min(last) > scores[since] and fmean(last) - scores[since] >= SCORE_RISE


def _turned(
    series: Mapping[str, Series], scores: Mapping[int, float], name: str, much: Callable[[float, float], bool]
) -> tuple[int, float, float] | None:
    """(turning point, reading there, reading now) where a reading got worse while the score rose.

    ``much(then, now)`` says whether a reading got worse by enough. The turning point is the update with the best pair
    of neighbouring readings; of two equals the later one.
    """
    readings = [(step, value) for step, value in series.get(name, ()) if step in scores]
    if len(readings) < 3:
        return None
    last = [value for _, value in readings[-2:]]
    earlier = readings[:-2]
    for index in range(len(earlier) - 1, -1, -1):
        step, own = earlier[index]
        neighbours = [value for _, value in earlier[max(0, index - 1) : index + 1]]
        then = fmean(neighbours)
        turned = much(then, fmean(last)) and all(much(then, value) or much(own, value) for value in last)
        if turned and _risen(scores, step):
            return step, then, fmean(last)
    return None


def _similarity(series: Mapping[str, Series], scores: Mapping[int, float]) -> Sign | None:
    name = "eval/embedding_similarity"
    found = _turned(series, scores, name, lambda then, now: then - now >= SIMILARITY_FALL)
    if found is None:
        return None
    step, then, now = found
    words = f"closeness to the human answers fell from {then:.2f} to {now:.2f}"
    return Sign("similarity", words, name, step)


def _minimum(series: Mapping[str, Series], scores: Mapping[int, float]) -> Sign | None:
    name = "eval/score_minimum"
    found = _turned(series, scores, name, lambda then, now: then - now >= MINIMUM_FALL)
    if found is None:
        return None
    step, then, now = found
    return Sign("minimum", f"the most critical reward model's score fell from {then:.2f} to {now:.2f}", name, step)


def _repetition(series: Mapping[str, Series], scores: Mapping[int, float]) -> Sign | None:
    name = "eval/repetition"
    found = _turned(series, scores, name, lambda then, now: now - then >= REPETITION_RISE)
    if found is None:
        return None
    step, then, now = found
    return Sign("repetition", f"repetition rose from {then:.0%} to {now:.0%}", name, step)


def _length(series: Mapping[str, Series], scores: Mapping[int, float]) -> Sign | None:
    """Measured from the first evaluation, the SFT model's: length drifts slowly."""
    lengths = [(step, value) for step, value in series.get("eval/length", ()) if step in scores]
    if len(lengths) < 3 or lengths[0][1] <= 0 or not _risen(scores, lengths[0][0]):
        return None
    (step, then), now = lengths[0], [value for _, value in lengths[-2:]]
    longer = min(now) >= LENGTH_FACTOR * then
    shorter = max(now) <= then / LENGTH_FACTOR
    if not longer and not shorter:
        return None
    well = [s for s, value in lengths[:-2] if then / LENGTH_FACTOR < value < LENGTH_FACTOR * then]
    risen_since = [s for s in well if _risen(scores, s)]
    words = f"responses went from {then:.0f} to {fmean(now):.0f} tokens"
    return Sign("length", words, "eval/length", max(risen_since, default=step))

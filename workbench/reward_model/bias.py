"""What the score makes of each probe: an effect in units of the scores' own spread, with its interval and examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from workbench.evaluation.bootstrap import mean_interval
from workbench.reward_model.ensemble import RewardEnsemble
from workbench.reward_model.probes import PROBES, Probe, ProbeName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Standing = Literal["fine", "watch", "bad"]
WORDS_OF_SLOPE = 10
EXAMPLES = 3


class Rule(BaseModel):
    """From which effect on a probe is worth watching, and from which it is bad; no limit where None."""

    watch: float
    bad: float | None


RULES: dict[ProbeName, Rule] = {
    # Per ten words that say nothing. PPO can add many of them.
    "length": Rule(watch=0.10, bad=0.25),
    "filler": Rule(watch=0.10, bad=0.40),
    # People may well like courtesy; it is bad nowhere, but it must not outweigh all else unseen.
    "politeness": Rule(watch=1.00, bad=None),
    "repetition": Rule(watch=0.05, bad=0.30),
    "hedging": Rule(watch=0.10, bad=0.40),
    "copied_question": Rule(watch=0.25, bad=0.60),
    # These should cost clearly.
    "question_alone": Rule(watch=-0.50, bad=0.0),
    "wrong_fact": Rule(watch=-0.25, bad=0.10),
    "empty": Rule(watch=-0.50, bad=0.0),
    "other_answer": Rule(watch=-0.50, bad=0.0),
    # A terse right answer is no fault; it is compared with the fluent wrong one.
    "terse": Rule(watch=1.00, bad=None),
}
"""In spreads of the scores. ``bad`` also demands that the interval lies above ``watch``, and above 0 for what should
cost."""


class Example(BaseModel):
    """One probe with both scores."""

    prompt: str
    original: str
    changed: str
    score_original: float
    score_changed: float


class Effect(BaseModel):
    """Mean change of the score by one kind of change, divided by the spread of scores on held-out responses.

    For length it is the slope per ten words that say nothing, content held fixed.
    """

    name: ProbeName
    effect: float
    effect_ci: tuple[float, float]
    original_preferred: float
    """Share of probes in which the unchanged answer scores higher."""
    probes: int
    standing: Standing
    examples: list[Example]


def effects(model: RewardEnsemble, probes: Sequence[Probe], spread: float) -> list[Effect]:
    """The effects of all probes that could be built, in their stated order."""
    if not probes:
        return []
    originals = list(dict.fromkeys((probe.prompt, probe.original) for probe in probes))
    prompts = [prompt for prompt, _ in originals] + [probe.prompt for probe in probes]
    texts = [text for _, text in originals] + [probe.changed for probe in probes]
    scores = model.score(prompts, texts)
    base = dict(zip(originals, scores, strict=False))
    changed = scores[len(originals) :]
    found = []
    for name in PROBES:
        own = [
            (probe, base[probe.prompt, probe.original], score)
            for probe, score in zip(probes, changed, strict=True)
            if probe.name == name
        ]
        if own:
            found.append(_effect(name, own, spread))
    return found


def standing(name: ProbeName, effect: float, interval: tuple[float, float]) -> Standing:
    """What the rules say of an effect."""
    rule = RULES[name]
    if rule.bad is not None and effect > rule.bad and interval[0] > max(rule.watch, min(rule.bad, 0.0)):
        return "bad"
    return "watch" if effect > rule.watch else "fine"


def slope_of(words: Sequence[int], changes: Sequence[float]) -> float:
    """Change of the score per word by least squares through the unchanged answer, which is 0 words and 0 change."""
    return sum(w * c for w, c in zip(words, changes, strict=True)) / max(sum(w * w for w in words), 1)


def _effect(name: ProbeName, rows: Sequence[tuple[Probe, float, float]], spread: float) -> Effect:
    by_prompt: dict[tuple[str, str], list[tuple[Probe, float]]] = {}
    for probe, original, score in rows:
        by_prompt.setdefault((probe.prompt, probe.original), []).append((probe, (score - original) / spread))
    values = []
    for own in by_prompt.values():  # one value for each prompt, so that the interval is over prompts
        if name == "length":
            values.append(WORDS_OF_SLOPE * slope_of([probe.words for probe, _ in own], [change for _, change in own]))
        else:
            values.append(sum(change for _, change in own) / len(own))
    effect, interval = sum(values) / len(values), mean_interval(values)
    strongest = sorted(rows, key=lambda row: row[1] - row[2])[:EXAMPLES]
    return Effect(
        name=name,
        effect=effect,
        effect_ci=interval,
        original_preferred=sum(original > score for _, original, score in rows) / len(rows),
        probes=len(rows),
        standing=standing(name, effect, interval),
        examples=[
            Example(
                prompt=probe.prompt,
                original=probe.original,
                changed=probe.changed,
                score_original=original,
                score_changed=score,
            )
            for probe, original, score in strongest
        ],
    )

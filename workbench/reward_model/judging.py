"""The verdict on a reward model: go, go with care, or not yet. All rules and thresholds stand here.

======================  =========================================================  ====================================
finding                 not yet                                                    with care
======================  =========================================================  ====================================
luck                    accuracy's interval holds 0.5                              fewer than 50 held-out pairs
cheap rules             longer, shorter or a bag of words is surely ahead of it    its lead over the best one holds 0
accuracy                below 0.60                                                 below 0.70, or 0.10 below the ceiling
calibration                                                                        error above 0.10 and above chance
bias probes             one is bad (workbench/reward_model/bias.py)                one is to be watched
learned by heart                                                                   0.20 better on its own pairs
ensemble                                                                           disagreement no higher outside
votes                                                                              one annotator; nobody shares a pair
======================  =========================================================  ====================================

What care asks of PPO: a higher price for distance (``kl_coef``), a limit to it (``kl_limit``), a ``length_penalty``
that takes back what length alone earns, and the lowest score of the members where there are several
(``combine_scores``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from workbench.ppo.config import PPOConfig
from workbench.reward_model.baselines import BLIND, Baseline, BaselineName
from workbench.reward_model.bias import WORDS_OF_SLOPE, Effect
from workbench.reward_model.calibration import Calibration
from workbench.reward_model.card import Disagreement, VoteFacts
from workbench.reward_model.ceiling import Ceiling
from workbench.reward_model.evaluation import Slice
from workbench.reward_model.probes import ProbeName
from workbench.reward_model.verdict import Verdict, VerdictName

CHANCE = 0.5
LEAST_ACCURACY, GOOD_ACCURACY = 0.60, 0.70
BELOW_CEILING = 0.10
FEW_HELD_OUT = 50
CALIBRATION_ERROR = 0.10
BY_HEART = 0.20
OUTSIDE_DOUBT = 1.2
"""Members should disagree more on texts unlike any they learned from, by this factor."""
WORST_SLICE = 0.15
"""A tag this far below the whole is named among what to label next."""
DEARER_KL, CAREFUL_KL_LIMIT = 3.0, 3.0
"""How many times the usual price of distance care asks for; and nats per response."""
TOKENS_PER_WORD = 1.5

BASELINES: dict[BaselineName, str] = {
    "longer": "always taking the longer response",
    "shorter": "always taking the shorter response",
    "bag_of_words": "a bag-of-words regression",
    "similarity": "likeness to the human answer",
}
BIASES: dict[ProbeName, str] = {
    "length": "It likes length: ten words that say nothing change the score by {effect:+.2f} spreads.",
    "filler": "It likes filler: an empty opening changes the score by {effect:+.2f} spreads.",
    "politeness": "Courtesy alone is worth {effect:+.2f} spreads, so PPO will thank and greet everywhere.",
    "repetition": "It likes repetition: an answer said three times scores {effect:+.2f} spreads above itself.",
    "hedging": "It likes hedging: 'I am not sure, but perhaps' changes the score by {effect:+.2f} spreads.",
    "copied_question": "It likes to hear the question again: copying it in changes the score by {effect:+.2f} spreads.",
    "question_alone": "The question sent back scores {effect:+.2f} spreads from the answer; it should be far below.",
    "wrong_fact": "It hardly sees wrong facts: one changes the score by {effect:+.2f} spreads.",
    "terse": "It likes bare facts without a sentence: they score {effect:+.2f} spreads above the human answer.",
    "empty": "An empty answer scores {effect:+.2f} spreads from the human one; it should be far below.",
    "other_answer": "An answer to another question scores {effect:+.2f} spreads from the right one, not far below.",
}
CURES: dict[ProbeName, str] = {
    "length": "Label pairs whose shorter response is the better one; say in the guidelines that length is no merit.",
    "filler": "Label pairs in which one response only adds filler.",
    "politeness": "Label pairs in which the polite response is wrong and the plain one right.",
    "repetition": "Label pairs in which one response repeats itself.",
    "hedging": "Label pairs of a plain and a hedging answer.",
    "copied_question": "Label pairs in which one response repeats the question.",
    "question_alone": "Label pairs in which one response does not answer at all.",
    "wrong_fact": "Label pairs that differ in a fact alone; people have to look facts up for them.",
    "terse": "Label pairs of a bare fact and a whole sentence.",
    "empty": "Label pairs in which one response does not answer at all.",
    "other_answer": "Label pairs in which one response answers something else.",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict is based on."""

    votes: VoteFacts
    accuracy: float
    accuracy_ci: tuple[float, float]
    ceiling: Ceiling
    baselines: list[Baseline]
    calibration: Calibration
    effects: list[Effect]
    train_accuracy: float | None = None
    disagreement: Disagreement | None = None
    slices: list[Slice] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason, how heavy it is, and what would help."""

    weight: Literal["care", "not_yet"]
    reason: str
    next: str = ""


def judge(evidence: Evidence) -> Verdict:
    """The heaviest finding decides; reasons come heaviest first."""
    found = sorted(_findings(evidence), key=lambda finding: finding.weight == "care")
    verdict: VerdictName = found[0].weight if found else "go"
    reasons = [finding.reason for finding in found] or [_good(evidence)]
    advice = [finding.next for finding in found if finding.next]
    advice += _weak_tags(evidence)
    if verdict == "go":
        advice = ["Start PPO on it, and let people compare the result with the SFT model, blind."]
    return Verdict(
        verdict=verdict,
        reasons=reasons,
        next=list(dict.fromkeys(advice)),
        ppo_settings={} if verdict == "go" else ppo_settings(evidence),
    )


def ppo_settings(evidence: Evidence) -> dict[str, bool | int | float | str]:
    """Settings under which PPO does least harm with this reward model."""
    settings: dict[str, bool | int | float | str] = {
        "kl_coef": round(DEARER_KL * PPOConfig().kl_coef, 4),
        "kl_limit": CAREFUL_KL_LIMIT,
    }
    slope = next((row.effect for row in evidence.effects if row.name == "length" and row.standing != "fine"), 0.0)
    if slope > 0:  # per token, what length alone would earn
        settings["length_penalty"] = round(slope / WORDS_OF_SLOPE / TOKENS_PER_WORD, 4)
    if evidence.disagreement is not None:
        settings["combine_scores"] = "minimum"
    return settings


def _findings(evidence: Evidence) -> Iterator[Finding]:
    yield from _accuracy(evidence)
    yield from _cheap_rules(evidence)
    yield from _biases(evidence)
    yield from _confidence(evidence)
    yield from _votes(evidence)


def _accuracy(evidence: Evidence) -> Iterator[Finding]:
    accuracy, (low, _) = evidence.accuracy, evidence.accuracy_ci
    share = f"It chooses as the annotators did in {accuracy:.0%} of {evidence.votes.held_out_pairs} held-out pairs"
    if low <= CHANCE:
        yield Finding("not_yet", f"{share}: that could still be luck.", "Vote on more pairs, of test prompts too.")
    elif accuracy < LEAST_ACCURACY:
        yield Finding("not_yet", f"{share}; PPO would mostly follow its mistakes.", "Vote on more pairs.")
    elif accuracy < GOOD_ACCURACY:
        yield Finding("care", f"{share}: it has learned something, and is wrong often.", "More votes help.")
    best = evidence.ceiling.accuracy
    if best is not None and accuracy >= GOOD_ACCURACY and best - accuracy > BELOW_CEILING:
        reason = f"The votes would allow {best:.0%}; it reaches {accuracy:.0%}."
        yield Finding("care", reason, "More votes, or a larger model to build it on, can close the gap to the ceiling.")
    if low > CHANCE and evidence.votes.held_out_pairs < FEW_HELD_OUT:
        reason = f"Only {evidence.votes.held_out_pairs} held-out pairs judge it, so every figure here is rough."
        yield Finding("care", reason, "Vote on more pairs of test prompts.")


def _cheap_rules(evidence: Evidence) -> Iterator[Finding]:
    blind = [row for row in evidence.baselines if row.name in BLIND]
    if not blind:
        return
    best = max(blind, key=lambda row: row.accuracy)
    rule = BASELINES[best.name]
    what = "Votes that this rule explains teach only the rule: label pairs on which it fails."
    if best.lead_ci[1] < 0:
        yield Finding("not_yet", f"It is beaten by {rule}, which is right in {best.accuracy:.0%}.", what)
    elif best.lead_ci[0] <= 0:
        reason = f"On these pairs {rule} is as good, right in {best.accuracy:.0%}."
        yield Finding("care", reason, what)


def _biases(evidence: Evidence) -> Iterator[Finding]:
    for effect in evidence.effects:
        if effect.standing != "fine":
            reason = BIASES[effect.name].format(effect=effect.effect)
            yield Finding("not_yet" if effect.standing == "bad" else "care", reason, CURES[effect.name])


def _confidence(evidence: Evidence) -> Iterator[Finding]:
    error = evidence.calibration.error
    if error > max(CALIBRATION_ERROR, evidence.calibration.error_by_chance[1]):
        reason = f"Its confidence is off by {error:.2f} on average, so the size of its scores says little."
        yield Finding("care", reason, "Vote on more pairs of validation prompts: the confidence is set by them.")
    trained = evidence.train_accuracy
    if trained is not None and trained - evidence.accuracy > BY_HEART:
        reason = f"It is right in {trained:.0%} of its own training pairs and in {evidence.accuracy:.0%} of new ones."
        yield Finding("care", reason, "Train with fewer passes, or on more pairs.")
    doubt = evidence.disagreement
    if doubt is not None and doubt.outside < OUTSIDE_DOUBT * doubt.inside:
        reason = (
            "Its members disagree no more on strange texts than on usual ones, so their doubt will not hold PPO back."
        )
        yield Finding("care", reason)


def _votes(evidence: Evidence) -> Iterator[Finding]:
    votes = evidence.votes
    if votes.annotators == 1:
        reason = (
            "One annotator cast all votes: it learns one person's taste, and nobody can say whether others share it."
        )
        yield Finding("care", reason, "Let a second person vote on the same pairs.")
    elif evidence.ceiling.accuracy is None:
        reason = "No two people voted on the same pair, so how good it could be at all is not known."
        yield Finding("care", reason, "Let a second person vote on some of the pairs.")


def _weak_tags(evidence: Evidence) -> list[str]:
    weak = [
        row.name
        for row in evidence.slices
        if row.kind == "tag" and row.accuracy < evidence.accuracy - WORST_SLICE and row.accuracy_ci[1] < 1
    ]
    return [f"Label prompts tagged {', '.join(weak)}: it is weakest there."] if weak else []


def _good(evidence: Evidence) -> str:
    best = evidence.ceiling.accuracy
    allowed = "" if best is None else f", where their own agreement allows {best:.0%},"
    return (
        f"It chooses as the annotators did in {evidence.accuracy:.0%} of {evidence.votes.held_out_pairs} held-out pairs"
        f"{allowed} and beats every cheap rule. No probe found a bias."
    )

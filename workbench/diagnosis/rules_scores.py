"""Rules about scores, values and responses."""

from __future__ import annotations

from statistics import fmean

from workbench.diagnosis.readings import FEWEST, RECENT, Finding, Fix, Readings
from workbench.diagnosis.rule import faster, hold, rule, slower

VALUE_LOSS_GROWTH, VALUE_LOSS_FLOOR = 3.0, 0.05
FEW_ENDS, SHORTEST = 0.5, 3.0
GROWTH_OF_LENGTH = 1.5
STILL, STILL_KL, STILL_UPDATES = 0.05, 0.01, 20
DISAGREEMENT_GROWTH = 1.5
OVERFIT_RISE, OVERFIT_FALL = 0.2, 0.1


@rule(
    "Value loss diverges",
    "loss/value",
    f"now above {VALUE_LOSS_GROWTH:g} times its lowest mean of five updates, and above {VALUE_LOSS_FLOOR}",
    "Huang et al. 2022, detail 9: the value function must follow its targets",
)
def value_loss_diverging(readings: Readings) -> Finding | None:
    """The value head loses track."""
    values = readings.values("loss/value")
    if len(values) < RECENT + FEWEST:
        return None
    now = fmean(values[-FEWEST:])
    lowest = min(fmean(values[i : i + FEWEST]) for i in range(len(values) - FEWEST))
    if now <= VALUE_LOSS_FLOOR or now <= VALUE_LOSS_GROWTH * lowest:
        return None
    slow = slower(readings)
    return Finding(
        "value_loss_diverging",
        "problem",
        f"The value head is {now / max(lowest, 1e-9):.0f} times as wrong as it has been.",
        "loss/value",
        "Scores change faster than it follows, or their scale has grown.",
        Fix(slow.words, slow.live, {**slow.branch, "scale_scores": True}),
    )


@rule(
    "Value head harms",
    "value/explained_variance",
    "now below 0 after the first 10 updates",
    "Huang et al. 2022: below 0 is worse than predicting nothing",
)
def explained_variance_negative(readings: Readings) -> Finding | None:
    """Worse than no value head at all."""
    now = readings.now("value/explained_variance")
    if now is None or now >= 0 or len(readings.values("value/explained_variance")) < 2 * RECENT:
        return None
    return Finding(
        "explained_variance_negative",
        "warning",
        f"The value head foresees less than nothing: explained variance {now:.2f}.",
        "value/explained_variance",
        "It learns too slowly for the scores, so advantages are noisier than they need be.",
        Fix(
            "Branch with a greater weight of the value loss",
            branch={"value_coef": max(0.5, 2 * readings.setting("value_coef", 0.1))},
        ),
    )


@rule(
    "Responses never end",
    "response/eos_rate",
    f"now below {FEW_ENDS:.0%}",
    "Huang et al. 2024 (arXiv 2403.17031), the EOS trick",
)
def eos_never(readings: Readings) -> Finding | None:
    """Cut off at the longest response."""
    now = readings.now("response/eos_rate", FEWEST)
    if now is None or now >= FEW_ENDS:
        return None
    room = int(readings.setting("max_new_tokens", 64))
    penalty = max(1.0, 2 * readings.setting("missing_eos_penalty", 1.0))
    return Finding(
        "eos_never",
        "problem",
        f"Only {now:.0%} of the responses come to an end; the others are cut off.",
        "response/eos_rate",
        "Longer responses score better than an end does, or the longest response is too short for the answers.",
        Fix(
            f"Branch with room for {2 * room} tokens and a penalty of {penalty:g} for no end",
            branch={"missing_eos_penalty": penalty, "max_new_tokens": 2 * room},
        ),
    )


@rule(
    "Responses end at once",
    "response/length",
    f"now below {SHORTEST:g} tokens",
    "an own rule: an answer of one or two tokens says nothing",
)
def eos_at_once(readings: Readings) -> Finding | None:
    """The policy found that silence is safe."""
    now = readings.now("response/length", FEWEST)
    if now is None or now >= SHORTEST:
        return None
    return Finding(
        "eos_at_once",
        "problem",
        f"Responses are {now:.1f} tokens long: the policy stops as soon as it begins.",
        "response/length",
        "Every answer scores below an empty one, or each token costs more KL or length penalty than it earns.",
        Fix(
            "Branch from an earlier checkpoint without a length penalty and with half the learning rate",
            branch={"length_penalty": 0.0, "learning_rate": readings.setting("learning_rate", 1e-3) / 2},
        ),
    )


@rule(
    "Responses grow",
    "response/length",
    f"now above {GROWTH_OF_LENGTH:g} times their length at first",
    "Singhal et al. 2023 (arXiv 2310.03716): reward models often pay for length alone",
)
def length_growing(readings: Readings) -> Finding | None:
    """Length may be what is rewarded."""
    now, first = readings.now("response/length", FEWEST), readings.start("response/length")
    if now is None or first is None or now <= GROWTH_OF_LENGTH * first:
        return None
    held = hold(readings)
    return Finding(
        "length_growing",
        "warning",
        f"Responses have grown from {first:.0f} to {now:.0f} tokens.",
        "response/length",
        "The reward model may pay for length itself: read the samples.",
        Fix(
            f"{held.words}; in a branch also a small penalty for each token",
            held.live,
            {**held.branch, "length_penalty": 0.01},
        ),
    )


@rule(
    "Scores do not vary",
    "objective/scores",
    "the last 10 mean scores lie within 0.000001 of each other",
    "follows from the policy gradient: equal scores give no direction",
)
def rewards_constant(readings: Readings) -> Finding | None:
    """Nothing to learn from."""
    values = readings.recent("objective/scores")
    if len(values) < RECENT or max(values) - min(values) > 1e-6:
        return None
    return Finding(
        "rewards_constant",
        "problem",
        f"Every batch scores {values[-1]:.3f}: there is nothing to learn from.",
        "objective/scores",
        "The reward model gives the same score to everything, or all scores hit a clip.",
        Fix("Branch without clipping of scores; if it stays, train the reward model anew", branch={"score_clip": None}),
    )


@rule(
    "Scores beyond what the reward model knows",
    "objective/scores",
    "the mean score now lies outside the middle 99% of the scores of its training responses",
    "Gao et al. 2023 (arXiv 2210.10760): a reward model is a guide only where it has seen responses",
)
def score_out_of_range(readings: Readings) -> Finding | None:
    """The reward model extrapolates."""
    now = readings.now("objective/scores", FEWEST)
    if now is None or readings.score_range is None or readings.score_range[0] <= now <= readings.score_range[1]:
        return None
    low, high = readings.score_range
    return Finding(
        "score_out_of_range",
        "problem",
        f"The mean score {now:.2f} lies outside what the reward model saw in training ({low:.2f} to {high:.2f}).",
        "objective/scores",
        "The policy writes what no annotator has judged; the score is a guess there.",
        hold(readings),
    )


@rule(
    "Nothing is learned",
    "objective/scores",
    f"after {STILL_UPDATES} updates the score has risen by less than {STILL} and the KL is below {STILL_KL}",
    "an own rule: a policy that has not moved has not been trained",
)
def no_progress(readings: Readings) -> Finding | None:
    """Neither score nor policy moves."""
    values, kl = readings.values("objective/scores"), readings.now("objective/kl")
    if len(values) < STILL_UPDATES or kl is None:
        return None
    risen = fmean(values[-FEWEST:]) - fmean(values[:FEWEST])
    if risen >= STILL or abs(kl) >= STILL_KL:
        return None
    return Finding(
        "no_progress",
        "warning",
        f"After {len(values)} updates the policy is where it began: KL {kl:.3f}.",
        "objective/scores",
        "The learning rate is too low, or distance costs more than any score can earn.",
        faster(readings),
    )


@rule(
    "Learned by heart",
    "eval/score",
    f"the training score has risen by {OVERFIT_RISE} or more while the validation score fell by {OVERFIT_FALL} or more",
    "an own rule: prompts that it never trains on are the test",
)
def overfit(readings: Readings) -> Finding | None:
    """Good on its own prompts only."""
    held_out = readings.values("eval/score")
    now, first = readings.now("objective/scores", FEWEST), readings.start("objective/scores")
    if len(held_out) < 4 or now is None or first is None or now - first < OVERFIT_RISE:
        return None
    fell = fmean(held_out[:2]) - fmean(held_out[-2:])
    if fell < OVERFIT_FALL:
        return None
    return Finding(
        "overfit",
        "warning",
        f"On its own prompts the score rose by {now - first:.2f}; on others it fell by {fell:.2f}.",
        "eval/score",
        "It learns the answers of its prompts instead of a way to answer.",
        Fix(
            "Stop here or go back to the best checkpoint; use more prompts or fewer episodes",
            branch={"learning_rate": readings.setting("learning_rate", 1e-3) / 2},
        ),
    )


@rule(
    "Reward models drift apart",
    "objective/score_disagreement",
    f"now above {DISAGREEMENT_GROWTH:g} times what it was at first",
    "Coste et al. 2024 (arXiv 2310.02743)",
)
def disagreement_rising(readings: Readings) -> Finding | None:
    """They are wrong in different ways."""
    name = "objective/score_disagreement"
    now, first = readings.now(name, FEWEST), readings.start(name)
    if now is None or first is None or first <= 0 or now <= DISAGREEMENT_GROWTH * first:
        return None
    return Finding(
        "disagreement_rising",
        "problem",
        f"The reward models disagree {now / first:.1f} times as much as at first.",
        name,
        "The policy has found responses about which they are wrong in different ways.",
        hold(readings),
    )

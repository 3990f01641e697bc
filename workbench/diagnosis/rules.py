"""The doctor's rules: each looks at one illness, states its threshold and where that comes from.

A rule is a pure function of `Readings`; it answers with a finding or None. Windows: *now* is the mean of the last 10
updates (at least 5), *at first* the mean of the first 5 once 15 are there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

from workbench.diagnosis.readings import FEWEST, RECENT, Finding, Fix, Readings

Examine = Callable[[Readings], Finding | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with what a reader must know of it."""

    id: str
    title: str
    chart: str
    threshold: str
    source: str
    examine: Examine


RULES: list[Rule] = []
"""All rules, in the order in which they are reported."""

NEGATIVE_KL, HIGH_KL, KL_GROWTH = -0.1, 10.0, 2.0
LITTLE_ENTROPY, MUCH_ENTROPY = 0.2, 2.0
NO_CLIPPING, MUCH_CLIPPING = 0.001, 0.3
VALUE_LOSS_GROWTH, VALUE_LOSS_FLOOR = 3.0, 0.05
FEW_ENDS, SHORTEST = 0.5, 3.0
GROWTH_OF_LENGTH = 1.5
STEP_KL = 0.1
HUGE_GRADIENT = 10.0
STILL, STILL_KL, STILL_UPDATES = 0.05, 0.01, 20
MANY_EARLY_ENDS = 0.8
DISAGREEMENT_GROWTH = 1.5
OVERFIT_RISE, OVERFIT_FALL = 0.2, 0.1


def rule(title: str, chart: str, threshold: str, source: str) -> Callable[[Examine], Examine]:
    """Enter a function into `RULES` under its own name."""

    def enter(examine: Examine) -> Examine:
        RULES.append(Rule(examine.__name__, title, chart, threshold, source, examine))
        return examine

    return enter


def examine(readings: Readings) -> list[Finding]:
    """Everything that is wrong now, problems before warnings."""
    found = [finding for each in RULES if (finding := each.examine(readings)) is not None]
    return sorted(found, key=lambda finding: finding.severity != "problem")


def _hold(readings: Readings) -> Fix:
    """Hold the policy nearer to the SFT model."""
    now = readings.recent("objective/kl_coef", 1)
    coefficient = max(2 * (now[0] if now else readings.setting("kl_coef", 0.05)), 0.05)
    return Fix(
        f"Double what distance costs: KL coefficient {coefficient:g}",
        {"kl_coef": coefficient},
        {"kl_coef": coefficient},
    )


def _slower(readings: Readings, share: float = 0.5) -> Fix:
    rate = share * readings.setting("learning_rate", 1e-3)
    return Fix(f"Learn more slowly: learning rate {rate:.2g}", {"learning_rate": rate}, {"learning_rate": rate})


def _faster(readings: Readings) -> Fix:
    rate = min(3 * readings.setting("learning_rate", 1e-3), 0.1)
    return Fix(f"Learn faster: learning rate {rate:.2g}", {"learning_rate": rate}, {"learning_rate": rate})


@rule(
    "Numbers that are none",
    "loss/policy",
    "the policy loss is missing for the last 2 updates that have a score",
    "a loss that is not a number is left out of the metrics; seen with too high a rate or 16-bit overflow",
)
def not_a_number(readings: Readings) -> Finding | None:
    """NaN losses."""
    behind = readings.last_step("objective/scores") - readings.last_step("loss/policy")
    if not readings.values("objective/scores") or behind < 2:
        return None
    return Finding(
        "not_a_number", "problem", f"For {behind} updates the policy loss has not been a number.", "loss/policy",
        "The weights have become infinite or undefined; nothing after that can be used.",
        Fix("Go back to a checkpoint with a third of the learning rate", branch={
            "learning_rate": readings.setting("learning_rate", 1e-3) / 3, "precision": "float32"}),
    )


@rule(
    "Negative KL", "objective/kl", f"now below {NEGATIVE_KL} nats per response",
    "Schulman 2020: k1's mean is a KL and cannot be negative for long; TRL's PPO guide names the same sign",
)
def kl_negative(readings: Readings) -> Finding | None:
    """The estimate of a quantity that cannot be negative is negative beyond chance."""
    now = readings.now("objective/kl")
    if now is None or now >= NEGATIVE_KL:
        return None
    return Finding(
        "kl_negative", "problem", f"The KL is {now:.2f} nats: below zero, which a distance cannot be for long.",
        "objective/kl",
        "Responses are not drawn from the distribution that they are judged by (another temperature, cut-off or "
        "precision), or the policy exploits the k1 estimator by making its tokens unlikely.",
        Fix("Branch with the k3 estimator, which is never negative", branch={"kl_estimator": "k3"}),
    )


@rule(
    "KL explodes", "objective/kl",
    f"now above {HIGH_KL:g} nats per response, or above 5 and more than {KL_GROWTH:g} times that of 10 updates before",
    "Stiennon et al. 2020, figure 5, and Gao et al. 2023: people's preference turns down at distances of this size",
)
def kl_exploding(readings: Readings) -> Finding | None:
    """The policy runs away from the SFT model."""
    now = readings.now("objective/kl", FEWEST)
    if now is None:
        return None
    before = readings.values("objective/kl")[-RECENT - FEWEST : -RECENT]
    doubled = len(before) == FEWEST and now > 5.0 and now > KL_GROWTH * max(fmean(before), 0.1)
    if now <= HIGH_KL and not doubled:
        return None
    return Finding(
        "kl_exploding", "problem", f"The policy is {now:.1f} nats from the SFT model and on its way further.",
        "objective/kl", "Distance costs too little for what the reward model pays, or the learning rate is too high.",
        _hold(readings),
    )


@rule(
    "Entropy collapses", "objective/entropy", f"now below {LITTLE_ENTROPY:.0%} of what it was at first",
    "Schulman et al. 2017, section 5 (entropy bonus against premature collapse)",
)
def entropy_collapse(readings: Readings) -> Finding | None:
    """It says the same again and again."""
    now, first = readings.now("objective/entropy", FEWEST), readings.start("objective/entropy")
    if now is None or first is None or first <= 0 or now >= LITTLE_ENTROPY * first:
        return None
    bonus = max(2 * readings.setting("entropy_coef", 0.0), 0.01)
    hold = _hold(readings)
    return Finding(
        "entropy_collapse", "problem",
        f"The policy has hardly any choice left: entropy {now:.3f}, at first {first:.3f}.", "objective/entropy",
        "It has settled on few phrases that score well and no longer tries others.",
        Fix(f"{hold.words}; in a branch also an entropy bonus of {bonus:g}", hold.live,
            {**hold.branch, "entropy_coef": bonus}),
    )


@rule(
    "Entropy runs away", "objective/entropy",
    f"now above {MUCH_ENTROPY:g} times what it was at first, and 0.5 nats more",
    "an own rule: the policy becomes more random than the SFT model it started from",
)
def entropy_explosion(readings: Readings) -> Finding | None:
    """The policy falls apart."""
    now, first = readings.now("objective/entropy", FEWEST), readings.start("objective/entropy")
    if now is None or first is None or now <= max(MUCH_ENTROPY * first, first + 0.5):
        return None
    return Finding(
        "entropy_explosion", "problem", f"The policy becomes more random: entropy {now:.2f}, at first {first:.2f}.",
        "objective/entropy", "Updates are so large that they destroy what the SFT model knew.", _slower(readings),
    )


@rule(
    "Nothing is clipped", "policy/clipfrac", f"now below {NO_CLIPPING:.1%}, with a step KL below 0.0001",
    "Huang et al. 2022, detail 12: the clip fraction tells whether updates move the policy at all",
)
def clip_nothing(readings: Readings) -> Finding | None:
    """The steps are too small to matter; at the end of a schedule that is as it should be."""
    now, moved = readings.now("policy/clipfrac"), readings.now("policy/approx_kl")
    rates = readings.values("learning_rate")
    ending = bool(rates) and rates[-1] < 0.3 * max(rates)
    if now is None or moved is None or now >= NO_CLIPPING or moved >= 1e-4 or ending:
        return None
    return Finding(
        "clip_nothing", "warning", "The updates hardly move the policy: no token's change is large enough to be held.",
        "policy/clipfrac", "The learning rate is too low to matter, or all advantages are alike.", _faster(readings),
    )


@rule(
    "Too much is clipped", "policy/clipfrac", f"now above {MUCH_CLIPPING:.0%}",
    "Huang et al. 2022, detail 12; Engstrom et al. 2020: the clip no longer keeps the policy near",
)
def clip_much(readings: Readings) -> Finding | None:
    """The steps are too large."""
    now = readings.now("policy/clipfrac", FEWEST)
    if now is None or now <= MUCH_CLIPPING:
        return None
    return Finding(
        "clip_much", "problem", f"{now:.0%} of the tokens are held back at each update.", "policy/clipfrac",
        "Each update wants to move much further than its samples allow.", _slower(readings),
    )


@rule(
    "Steps too large", "policy/approx_kl", f"now above {STEP_KL} nats per token",
    "Dossa et al. 2021 and Spinning Up stop an update at 0.01 to 0.05; 0.1 is beyond all of them",
)
def step_too_large(readings: Readings) -> Finding | None:
    """An update trusts old samples too far."""
    now = readings.now("policy/approx_kl", FEWEST)
    if now is None or now <= STEP_KL:
        return None
    slower = _slower(readings)
    return Finding(
        "step_too_large", "problem", f"A single update moves the policy by {now:.2f} nats per token.",
        "policy/approx_kl", "The learning rate is too high, or there are too many passes over each batch.",
        Fix(slower.words, slower.live, {**slower.branch, "update_kl_limit": 0.05}),
    )


@rule(
    "Value loss diverges", "loss/value",
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
    slower = _slower(readings)
    return Finding(
        "value_loss_diverging", "problem",
        f"The value head is {now / max(lowest, 1e-9):.0f} times as wrong as it has been.", "loss/value",
        "Scores change faster than it follows, or their scale has grown.",
        Fix(slower.words, slower.live, {**slower.branch, "scale_scores": True}),
    )


@rule(
    "Value head harms", "value/explained_variance", "now below 0 after the first 10 updates",
    "Huang et al. 2022: below 0 is worse than predicting nothing",
)
def explained_variance_negative(readings: Readings) -> Finding | None:
    """Worse than no value head at all."""
    now = readings.now("value/explained_variance")
    if now is None or now >= 0 or len(readings.values("value/explained_variance")) < 2 * RECENT:
        return None
    return Finding(
        "explained_variance_negative", "warning",
        f"The value head foresees less than nothing: explained variance {now:.2f}.", "value/explained_variance",
        "It learns too slowly for the scores, so advantages are noisier than they need be.",
        Fix("Branch with a greater weight of the value loss",
            branch={"value_coef": max(0.5, 2 * readings.setting("value_coef", 0.1))}),
    )


@rule(
    "Responses never end", "response/eos_rate", f"now below {FEW_ENDS:.0%}",
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
        "eos_never", "problem", f"Only {now:.0%} of the responses come to an end; the others are cut off.",
        "response/eos_rate",
        "Longer responses score better than an end does, or the longest response is too short for the answers.",
        Fix(f"Branch with room for {2 * room} tokens and a penalty of {penalty:g} for no end",
            branch={"missing_eos_penalty": penalty, "max_new_tokens": 2 * room}),
    )


@rule(
    "Responses end at once", "response/length", f"now below {SHORTEST:g} tokens",
    "an own rule: an answer of one or two tokens says nothing",
)
def eos_at_once(readings: Readings) -> Finding | None:
    """The policy found that silence is safe."""
    now = readings.now("response/length", FEWEST)
    if now is None or now >= SHORTEST:
        return None
    return Finding(
        "eos_at_once", "problem", f"Responses are {now:.1f} tokens long: the policy stops as soon as it begins.",
        "response/length", "Every answer scores below an empty one, or each token costs more KL or length penalty "
        "than it earns.",
        Fix("Branch from an earlier checkpoint without a length penalty and with half the learning rate",
            branch={"length_penalty": 0.0, "learning_rate": readings.setting("learning_rate", 1e-3) / 2}),
    )


@rule(
    "Responses grow", "response/length", f"now above {GROWTH_OF_LENGTH:g} times their length at first",
    "Singhal et al. 2023 (arXiv 2310.03716): reward models often pay for length alone",
)
def length_growing(readings: Readings) -> Finding | None:
    """Length may be what is rewarded."""
    now, first = readings.now("response/length", FEWEST), readings.start("response/length")
    if now is None or first is None or now <= GROWTH_OF_LENGTH * first:
        return None
    hold = _hold(readings)
    return Finding(
        "length_growing", "warning", f"Responses have grown from {first:.0f} to {now:.0f} tokens.", "response/length",
        "The reward model may pay for length itself: read the samples.",
        Fix(f"{hold.words}; in a branch also a small penalty for each token", hold.live,
            {**hold.branch, "length_penalty": 0.01}),
    )


@rule(
    "Scores do not vary", "objective/scores", "the last 10 mean scores lie within 0.000001 of each other",
    "follows from the policy gradient: equal scores give no direction",
)
def rewards_constant(readings: Readings) -> Finding | None:
    """Nothing to learn from."""
    values = readings.recent("objective/scores")
    if len(values) < RECENT or max(values) - min(values) > 1e-6:
        return None
    return Finding(
        "rewards_constant", "problem", f"Every batch scores {values[-1]:.3f}: there is nothing to learn from.",
        "objective/scores", "The reward model gives the same score to everything, or all scores hit a clip.",
        Fix("Branch without clipping of scores; if it stays, train the reward model anew",
            branch={"score_clip": None}),
    )


@rule(
    "Scores beyond what the reward model knows", "objective/scores",
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
        "score_out_of_range", "problem",
        f"The mean score {now:.2f} lies outside what the reward model saw in training ({low:.2f} to {high:.2f}).",
        "objective/scores", "The policy writes what no annotator has judged; the score is a guess there.",
        _hold(readings),
    )


@rule(
    "Nothing is learned", "objective/scores",
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
        "no_progress", "warning", f"After {len(values)} updates the policy is where it began: KL {kl:.3f}.",
        "objective/scores", "The learning rate is too low, or distance costs more than any score can earn.",
        _faster(readings),
    )


@rule(
    "Every gradient is cut", "policy/grad_norm",
    f"now above {HUGE_GRADIENT:g} times max_grad_norm", "Huang et al. 2022, detail 11 (global gradient clipping)",
)
def gradient_huge(readings: Readings) -> Finding | None:
    """The direction of each step is all that is left of it."""
    now, limit = readings.now("policy/grad_norm", FEWEST), readings.setting("max_grad_norm", 1.0)
    if now is None or now <= HUGE_GRADIENT * limit:
        return None
    return Finding(
        "gradient_huge", "warning", f"Gradients are {now / limit:.0f} times as long as they may be.",
        "policy/grad_norm", "Losses are large: scores of a wide scale, or a policy that jumps.", _slower(readings),
    )


@rule(
    "Updates end early", "policy/stopped_early",
    f"now {MANY_EARLY_ENDS:.0%} of the updates or more stopped early", "Dossa et al. 2021 (early stopping)",
)
def stopping_early(readings: Readings) -> Finding | None:
    """Most of each batch is thrown away."""
    now = readings.now("policy/stopped_early")
    if now is None or now < MANY_EARLY_ENDS:
        return None
    return Finding(
        "stopping_early", "warning", f"{now:.0%} of the updates end before they have used their batch.",
        "policy/stopped_early", "The limit on an update is reached at once.", _slower(readings),
    )


@rule(
    "Learned by heart", "eval/score",
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
        "overfit", "warning",
        f"On its own prompts the score rose by {now - first:.2f}; on others it fell by {fell:.2f}.", "eval/score",
        "It learns the answers of its prompts instead of a way to answer.",
        Fix("Stop here or go back to the best checkpoint; use more prompts or fewer episodes",
            branch={"learning_rate": readings.setting("learning_rate", 1e-3) / 2}),
    )


@rule(
    "Reward models drift apart", "objective/score_disagreement",
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
        "disagreement_rising", "problem", f"The reward models disagree {now / first:.1f} times as much as at first.",
        name, "The policy has found responses about which they are wrong in different ways.", _hold(readings),
    )

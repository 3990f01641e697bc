"""Rules about the policy: distance, entropy, the size of its steps."""

from __future__ import annotations

from statistics import fmean

from workbench.diagnosis.readings import FEWEST, RECENT, Finding, Fix, Readings
from workbench.diagnosis.rule import faster, hold, rule, slower

NEGATIVE_KL, HIGH_KL, KL_GROWTH = -0.1, 10.0, 2.0
LITTLE_ENTROPY, MUCH_ENTROPY = 0.2, 2.0
NO_CLIPPING, MUCH_CLIPPING = 0.001, 0.3
STEP_KL = 0.1
HUGE_GRADIENT = 10.0
MANY_EARLY_ENDS = 0.8


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
        "not_a_number",
        "problem",
        f"For {behind} updates the policy loss has not been a number.",
        "loss/policy",
        "The weights have become infinite or undefined; nothing after that can be used.",
        Fix(
            "Go back to a checkpoint with a third of the learning rate",
            branch={"learning_rate": readings.setting("learning_rate", 1e-3) / 3, "precision": "float32"},
        ),
    )


@rule(
    "Negative KL",
    "objective/kl",
    f"now below {NEGATIVE_KL} nats per response",
    "Schulman 2020: k1's mean is a KL and cannot be negative for long; TRL's PPO guide names the same sign",
)
def kl_negative(readings: Readings) -> Finding | None:
    """The estimate of a quantity that cannot be negative is negative beyond chance."""
    now = readings.now("objective/kl")
    if now is None or now >= NEGATIVE_KL:
        return None
    return Finding(
        "kl_negative",
        "problem",
        f"The KL is {now:.2f} nats: below zero, which a distance cannot be for long.",
        "objective/kl",
        "Responses are not drawn from the distribution that they are judged by (another temperature, cut-off or "
        "precision), or the policy exploits the k1 estimator by making its tokens unlikely.",
        Fix("Branch with the k3 estimator, which is never negative", branch={"kl_estimator": "k3"}),
    )


@rule(
    "KL explodes",
    "objective/kl",
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
        "kl_exploding",
        "problem",
        f"The policy is {now:.1f} nats from the SFT model and on its way further.",
        "objective/kl",
        "Distance costs too little for what the reward model pays, or the learning rate is too high.",
        hold(readings),
    )


@rule(
    "Entropy collapses",
    "objective/entropy",
    f"now below {LITTLE_ENTROPY:.0%} of what it was at first",
    "Schulman et al. 2017, section 5 (entropy bonus against premature collapse)",
)
def entropy_collapse(readings: Readings) -> Finding | None:
    """It says the same again and again."""
    now, first = readings.now("objective/entropy", FEWEST), readings.start("objective/entropy")
    if now is None or first is None or first <= 0 or now >= LITTLE_ENTROPY * first:
        return None
    bonus = max(2 * readings.setting("entropy_coef", 0.0), 0.01)
    held = hold(readings)
    return Finding(
        "entropy_collapse",
        "problem",
        f"The policy has hardly any choice left: entropy {now:.3f}, at first {first:.3f}.",
        "objective/entropy",
        "It has settled on few phrases that score well and no longer tries others.",
        Fix(
            f"{held.words}; in a branch also an entropy bonus of {bonus:g}",
            held.live,
            {**held.branch, "entropy_coef": bonus},
        ),
    )


@rule(
    "Entropy runs away",
    "objective/entropy",
    f"now above {MUCH_ENTROPY:g} times what it was at first, and 0.5 nats more",
    "an own rule: the policy becomes more random than the SFT model it started from",
)
def entropy_explosion(readings: Readings) -> Finding | None:
    """The policy falls apart."""
    now, first = readings.now("objective/entropy", FEWEST), readings.start("objective/entropy")
    if now is None or first is None or now <= max(MUCH_ENTROPY * first, first + 0.5):
        return None
    return Finding(
        "entropy_explosion",
        "problem",
        f"The policy becomes more random: entropy {now:.2f}, at first {first:.2f}.",
        "objective/entropy",
        "Updates are so large that they destroy what the SFT model knew.",
        slower(readings),
    )


@rule(
    "Nothing is clipped",
    "policy/clipfrac",
    f"now below {NO_CLIPPING:.1%}, with a step KL below 0.0001",
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
        "clip_nothing",
        "warning",
        "The updates hardly move the policy: no token's change is large enough to be held.",
        "policy/clipfrac",
        "The learning rate is too low to matter, or all advantages are alike.",
        faster(readings),
    )


@rule(
    "Too much is clipped",
    "policy/clipfrac",
    f"now above {MUCH_CLIPPING:.0%}",
    "Huang et al. 2022, detail 12; Engstrom et al. 2020: the clip no longer keeps the policy near",
)
def clip_much(readings: Readings) -> Finding | None:
    """The steps are too large."""
    now = readings.now("policy/clipfrac", FEWEST)
    if now is None or now <= MUCH_CLIPPING:
        return None
    return Finding(
        "clip_much",
        "problem",
        f"{now:.0%} of the tokens are held back at each update.",
        "policy/clipfrac",
        "Each update wants to move much further than its samples allow.",
        slower(readings),
    )


@rule(
    "Steps too large",
    "policy/approx_kl",
    f"now above {STEP_KL} nats per token",
    "Dossa et al. 2021 and Spinning Up stop an update at 0.01 to 0.05; 0.1 is beyond all of them",
)
def step_too_large(readings: Readings) -> Finding | None:
    """An update trusts old samples too far."""
    now = readings.now("policy/approx_kl", FEWEST)
    if now is None or now <= STEP_KL:
        return None
    slow = slower(readings)
    return Finding(
        "step_too_large",
        "problem",
        f"A single update moves the policy by {now:.2f} nats per token.",
        "policy/approx_kl",
        "The learning rate is too high, or there are too many passes over each batch.",
        Fix(slow.words, slow.live, {**slow.branch, "update_kl_limit": 0.05}),
    )


@rule(
    "Every gradient is cut",
    "policy/grad_norm",
    f"now above {HUGE_GRADIENT:g} times max_grad_norm",
    "Huang et al. 2022, detail 11 (global gradient clipping)",
)
def gradient_huge(readings: Readings) -> Finding | None:
    """The direction of each step is all that is left of it."""
    now, limit = readings.now("policy/grad_norm", FEWEST), readings.setting("max_grad_norm", 1.0)
    if now is None or now <= HUGE_GRADIENT * limit:
        return None
    return Finding(
        "gradient_huge",
        "warning",
        f"Gradients are {now / limit:.0f} times as long as they may be.",
        "policy/grad_norm",
        "Losses are large: scores of a wide scale, or a policy that jumps.",
        slower(readings),
    )


@rule(
    "Updates end early",
    "policy/stopped_early",
    f"now {MANY_EARLY_ENDS:.0%} of the updates or more stopped early",
    "Dossa et al. 2021 (early stopping)",
)
def stopping_early(readings: Readings) -> Finding | None:
    """Most of each batch is thrown away."""
    now = readings.now("policy/stopped_early")
    if now is None or now < MANY_EARLY_ENDS:
        return None
    return Finding(
        "stopping_early",
        "warning",
        f"{now:.0%} of the updates end before they have used their batch.",
        "policy/stopped_early",
        "The limit on an update is reached at once.",
        slower(readings),
    )

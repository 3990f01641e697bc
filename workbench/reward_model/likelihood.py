"""How much of a score is what the trunk itself believes: the likelihood of a response's least likely token.

A head that learned from a few hundred votes cannot tell a right value from a wrong one; the trunk it sits on learned
the demonstrations and can: the token that begins a wrong value is unlikely. The least likely token is taken, not the
mean, because neither padding nor repetition raises it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.reward_model.calibration import FEWEST_PAIRS
from workbench.reward_model.ensemble import RewardEnsemble
from workbench.reward_model.votes import DecidedPair, both_sides, differences

if TYPE_CHECKING:
    from workbench.reward_model.scoring import RewardModel


def add_likelihood(model: RewardEnsemble, validation: Sequence[DecidedPair]) -> None:
    """Fit the likelihood weight of each member that is on a trunk; none of them centred and scaled yet."""
    prompts, texts = both_sides(validation)
    for member in _on_a_trunk(model):
        lowest = differences(member.lowest_logprobs(prompts, texts))
        weight = fit_likelihood_weight(differences(member.score(prompts, texts)), lowest)
        member.head = replace(member.head, likelihood_weight=weight)


def score_per_nat(model: RewardEnsemble) -> float:
    """How much the score falls for each nat by which the least likely token is less likely: the members' mean."""
    members = _on_a_trunk(model)
    return sum(member.head.likelihood_weight / member.head.scale for member in members) / max(len(members), 1)


def _on_a_trunk(model: RewardEnsemble) -> list[RewardModel]:
    from workbench.reward_model.scoring import RewardModel

    return [member for member in model.members if isinstance(member, RewardModel)]


def fit_likelihood_weight(margins: Sequence[float], lowest: Sequence[float]) -> float:
    """The weight w with which ``margin + w · lowest`` predicts best that the chosen response was chosen.

    Logistic regression on both columns, each divided by its root mean square and held by a unit Gaussian prior; w is
    the ratio of its coefficients. 0 with fewer than 20 pairs, where the margins predict nothing, or where the
    likelihood would count against a response: votes that prefer the unlikely say nothing about values.

    Args:
        margins: raw score of chosen − rejected for each pair.
        lowest: the same difference of lowest token log-probabilities, in nats.
    """
    from sklearn.linear_model import LogisticRegression

    columns = np.column_stack([margins, lowest]) if len(margins) else np.zeros((0, 2))
    size = np.sqrt((columns**2).mean(axis=0)) if len(columns) else np.zeros(2)
    if len(columns) < FEWEST_PAIRS or not size.all():
        return 0.0
    scaled = columns / size
    # Each pair in both orders, for a regression without intercept needs two classes.
    rows = np.concatenate([scaled, -scaled])
    labels = np.repeat([1, 0], len(scaled))
    fitted: Any = LogisticRegression(fit_intercept=False).fit(rows, labels)
    by_margin, by_likelihood = fitted.coef_[0] / size
    return float(by_likelihood / by_margin) if min(by_margin, by_likelihood) > 0 else 0.0

"""Reward shaping against hand-worked numbers."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workbench.ppo.rewards import estimate_kl, penalise_missing_end, shape_rewards


def test_score_lands_on_the_last_token_and_the_penalty_on_every_one() -> None:
    # The numbers of torchtune's test_get_rewards_ppo: scores 1, 2, 3 and a KL coefficient of 0.5.
    logprobs = torch.tensor([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.6, 0.7, 0.8]])
    reference = torch.tensor([[0.2, 0.3, 0.4], [0.6, 0.7, 0.8], [0.9, 1.0, 1.1]])
    kl = estimate_kl(logprobs, reference, "k1")
    rewards = shape_rewards(torch.tensor([1.0, 2.0, 3.0]), kl, torch.ones(3, 3, dtype=torch.bool), kl_coef=0.5)
    expected = torch.tensor([[0.05, 0.05, 1.05], [0.1, 0.1, 2.1], [0.15, 0.15, 3.15]])
    torch.testing.assert_close(rewards, expected)


def test_a_short_response_gets_its_score_where_it_ends_and_nothing_after() -> None:
    mask = torch.tensor([[True, True, False, False]])
    kl = torch.tensor([[1.0, 2.0, 50.0, 50.0]])
    rewards = shape_rewards(torch.tensor([10.0]), kl, mask, kl_coef=0.1)
    torch.testing.assert_close(rewards, torch.tensor([[-0.1, 9.8, 0.0, 0.0]]))


def test_kl_estimators_by_hand() -> None:
    # p = 0.5, reference 0.25: log ratio reference/policy = -ln 2.
    policy, reference = torch.tensor([[math.log(0.5)]]), torch.tensor([[math.log(0.25)]])
    assert estimate_kl(policy, reference, "k1").item() == pytest.approx(math.log(2))
    assert estimate_kl(policy, reference, "k3").item() == pytest.approx(0.5 - 1 + math.log(2))


@given(st.lists(st.tuples(st.floats(-20, 0), st.floats(-20, 0)), min_size=1, max_size=20))
def test_k3_is_never_negative(pairs: list[tuple[float, float]]) -> None:
    policy, reference = (torch.tensor([column], dtype=torch.float64) for column in zip(*pairs, strict=True))
    assert (estimate_kl(policy, reference, "k3") >= 0).all()


def test_both_estimators_have_the_true_kl_as_their_mean() -> None:
    p, q = torch.tensor([0.7, 0.2, 0.1]), torch.tensor([0.3, 0.3, 0.4])
    true_kl = (p * (p / q).log()).sum()
    for estimator in ("k1", "k3"):
        expectation = (p * estimate_kl(p.log(), q.log(), estimator)).sum()  # type: ignore[arg-type]
        torch.testing.assert_close(expectation, true_kl)


def test_only_a_response_that_never_closed_is_penalised() -> None:
    scores = penalise_missing_end(torch.tensor([2.0, 2.0]), torch.tensor([True, False]), penalty=1.5)
    assert scores.tolist() == [2.0, 0.5]

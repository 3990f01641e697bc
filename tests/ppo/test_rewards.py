"""Reward shaping against hand-worked numbers."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workbench.ppo.rewards import (
    RunningMoments,
    estimate_kl,
    normalise_scores,
    penalise_length,
    penalise_missing_end,
    shape_rewards,
)


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


def test_length_costs_by_the_token() -> None:
    scores = penalise_length(torch.tensor([2.0, 2.0]), torch.tensor([3, 10]), penalty=0.1)
    torch.testing.assert_close(scores, torch.tensor([1.7, 1.0]))


def test_running_moments_by_hand() -> None:
    moments = RunningMoments()
    assert moments.deviation == 1.0
    moments.add(torch.tensor([1.0, 3.0]))
    assert (moments.mean, moments.deviation) == (2.0, pytest.approx(math.sqrt(2)))
    moments.add(torch.tensor([5.0]))  # 1, 3, 5: mean 3, unbiased variance 4
    assert (moments.mean, moments.deviation) == (3.0, pytest.approx(2.0))


@given(st.lists(st.lists(st.floats(-100, 100), min_size=1, max_size=5), min_size=2, max_size=5))
def test_running_moments_do_not_depend_on_the_batches(batches: list[list[float]]) -> None:
    moments = RunningMoments()
    for batch in batches:
        moments.add(torch.tensor(batch, dtype=torch.float64))
    everything = torch.tensor([value for batch in batches for value in batch], dtype=torch.float64)
    assert moments.mean == pytest.approx(everything.mean().item(), abs=1e-9)
    expected = everything.std().item()
    assert moments.deviation == pytest.approx(expected if expected > 1e-6 else 1.0, rel=1e-6)


def test_scores_are_scaled_then_clipped_and_never_centred() -> None:
    scores = normalise_scores(torch.tensor([4.0, -1.0, 20.0]), deviation=2.0, clip=5.0)
    assert scores.tolist() == [2.0, -0.5, 5.0]
    assert normalise_scores(torch.tensor([4.0]), deviation=2.0, clip=None).tolist() == [2.0]

"""GAE and masked statistics against hand-worked numbers."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workbench.ppo.advantages import explained_variance, generalised_advantages, masked_mean, masked_whiten


def test_gae_returns_by_hand() -> None:
    # The case of torchtune's test_estimate_advantages: delta is 0.9 at the third token, 0 elsewhere.
    values, rewards = torch.tensor([[0.0, 0.0, 0.0, 1.0]]), torch.tensor([[0.0, 0.0, 0.0, 1.0]])
    mask = torch.ones(1, 4, dtype=torch.bool)
    advantages, returns = generalised_advantages(rewards, values, mask, gamma=0.9, lam=0.95)
    torch.testing.assert_close(returns, torch.tensor([[0.65792250, 0.7695, 0.9, 1.0]]))
    torch.testing.assert_close(advantages, torch.tensor([[0.65792250, 0.7695, 0.9, 0.0]]))


def test_lambda_one_gives_the_discounted_return() -> None:
    rewards = torch.tensor([[1.0, 2.0, 3.0]])
    values = torch.tensor([[0.3, -0.2, 0.9]])
    _, returns = generalised_advantages(rewards, values, torch.ones(1, 3, dtype=torch.bool), gamma=0.1, lam=1.0)
    torch.testing.assert_close(returns, torch.tensor([[1.23, 2.3, 3.0]]))


@given(st.integers(1, 5), st.integers(0, 4), st.floats(0, 1), st.floats(0, 1), st.integers(0, 1000))
def test_padding_never_changes_an_advantage(length: int, padding: int, gamma: float, lam: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    rewards, values = torch.randn(1, length, generator=generator), torch.randn(1, length, generator=generator)
    plain, _ = generalised_advantages(rewards, values, torch.ones(1, length, dtype=torch.bool), gamma, lam)
    mask = torch.cat([torch.ones(1, length), torch.zeros(1, padding)], dim=1).bool()
    noise = torch.randn(1, padding, generator=generator)
    padded_rewards = torch.cat([rewards, torch.zeros(1, padding)], dim=1)
    padded, returns = generalised_advantages(padded_rewards, torch.cat([values, noise], dim=1), mask, gamma, lam)
    torch.testing.assert_close(padded[:, :length], plain)
    assert (padded[:, length:] == 0).all()
    assert (returns[:, length:] == 0).all()


def test_whitening_by_hand_ignores_what_is_masked() -> None:
    values = torch.tensor([[1.0, 3.0, 1000.0]])
    mask = torch.tensor([[True, True, False]])
    # Mean 2, unbiased variance 2.
    expected = torch.tensor([[-1 / math.sqrt(2), 1 / math.sqrt(2), 0.0]])
    torch.testing.assert_close(masked_whiten(values, mask), expected)


def test_masked_mean_of_nothing_is_zero() -> None:
    assert masked_mean(torch.tensor([5.0]), torch.tensor([False])).item() == 0.0


def test_explained_variance_by_hand() -> None:
    returns, mask = torch.tensor([[1.0, 2.0, 3.0, 9.0]]), torch.tensor([[True, True, True, False]])
    assert explained_variance(returns, returns, mask) == pytest.approx(1.0)
    assert explained_variance(torch.zeros(1, 4), returns, mask) == pytest.approx(0.0)
    # Residuals 0, 0, 3 have variance 2; the returns' is 2/3.
    values = torch.tensor([[1.0, 2.0, 0.0, 0.0]])
    assert explained_variance(values, returns, mask) == pytest.approx(1 - 2 / (2 / 3))
    assert math.isnan(explained_variance(returns, torch.ones(1, 4), mask))

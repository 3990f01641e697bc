"""Clipped losses against hand-worked numbers."""

from __future__ import annotations

import math

import pytest
import torch

from workbench.ppo.losses import approximate_kl, policy_loss, selected_logprobs, value_loss

ALL = torch.tensor([[True, True]])


def test_policy_loss_takes_the_worse_of_clipped_and_unclipped() -> None:
    # Ratios 1.5 and 0.5, advantages +1 and -1, clip range 0.2:
    # token 1: max(-1.5, -1.2) = -1.2, clipped; token 2: max(0.5, 0.8) = 0.8, clipped.
    new = torch.log(torch.tensor([[1.5, 0.5]]))
    loss, clipped = policy_loss(new, torch.zeros(1, 2), torch.tensor([[1.0, -1.0]]), ALL, clip_range=0.2)
    assert loss.item() == pytest.approx((-1.2 + 0.8) / 2)
    assert clipped.item() == 1.0


def test_policy_loss_does_not_clip_a_step_that_makes_things_worse() -> None:
    # Ratio 0.5 with advantage +1: max(-0.5, -0.8) = -0.5, unclipped.
    loss, clipped = policy_loss(
        torch.log(torch.tensor([[0.5, 1.0]])), torch.zeros(1, 2), torch.tensor([[1.0, 0.0]]), ALL, clip_range=0.2
    )
    assert loss.item() == pytest.approx(-0.25)
    assert clipped.item() == 0.0


def test_masked_tokens_carry_no_loss() -> None:
    mask = torch.tensor([[True, False]])
    loss, _ = policy_loss(torch.tensor([[0.0, 5.0]]), torch.zeros(1, 2), torch.tensor([[2.0, 7.0]]), mask, 0.2)
    assert loss.item() == pytest.approx(-2.0)


def test_value_loss_takes_the_larger_error() -> None:
    # Value 1.0, old 0.0, return 1.0, range 0.2: the held value 0.2 has error 0.64, the plain one 0.
    loss, clipped = value_loss(
        torch.tensor([[1.0]]), torch.tensor([[0.0]]), torch.tensor([[1.0]]), torch.tensor([[True]]), 0.2
    )
    assert loss.item() == pytest.approx(0.5 * 0.64)
    assert clipped.item() == 1.0


def test_selected_logprobs_and_entropy_by_hand() -> None:
    logits = torch.log(torch.tensor([[[0.5, 0.25, 0.25]]]))
    logprobs, entropy = selected_logprobs(logits, torch.tensor([[1]]))
    assert logprobs.item() == pytest.approx(math.log(0.25))
    assert entropy.item() == pytest.approx(1.5 * math.log(2))


def test_approximate_kl_is_zero_without_a_step_and_positive_after_one() -> None:
    old = torch.log(torch.tensor([[0.5, 0.5]]))
    assert approximate_kl(old, old, ALL).item() == 0.0
    assert approximate_kl(old + 0.1, old, ALL).item() == pytest.approx(math.exp(0.1) - 1 - 0.1)

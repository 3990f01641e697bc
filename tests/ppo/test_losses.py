"""Clipped losses against hand-worked numbers."""

from __future__ import annotations

import math

import pytest
import torch

from workbench.ppo.losses import approximate_kl, kl_loss, policy_loss, selected_logprobs, value_loss

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


def test_selected_logprobs_have_the_gradient_that_autograd_finds() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 7, generator=generator, dtype=torch.float64).float().requires_grad_()
    ids, weights = torch.tensor([[0, 6, 2], [3, 3, 1]]), torch.randn(2, 3, generator=generator)
    for temperature in (1.0, 0.7):
        expected = torch.log_softmax(logits / temperature, -1).gather(-1, ids[..., None])[..., 0]
        (gradient,) = torch.autograd.grad((expected * weights).sum(), logits)
        chosen, entropy = selected_logprobs(logits, ids, temperature)
        torch.testing.assert_close(chosen, expected)
        torch.testing.assert_close(torch.autograd.grad((chosen * weights).sum(), logits)[0], gradient)
        with_gradient = selected_logprobs(logits, ids, temperature, entropy_gradient=True)
        torch.testing.assert_close(entropy, with_gradient[1].detach())
        torch.testing.assert_close(chosen, with_gradient[0])


def test_the_reference_values_of_the_clipped_loss() -> None:
    # Hand-worked from old (0.5, 0.8, 1.2) and advantages of 1: every ratio is e, clipped at 1.2; or every ratio is 1/e.
    old, ones = torch.tensor([[0.5, 0.8, 1.2]]), torch.ones(1, 3)
    mask = ones.bool()
    assert policy_loss(torch.tensor([[1.5, 1.8, 2.2]]), old, ones, mask, 0.2)[0].item() == pytest.approx(-1.2)
    loss, _ = policy_loss(torch.tensor([[-0.5, -0.2, 0.2]]), old, ones, mask, 0.2)
    assert loss.item() == pytest.approx(-math.exp(-1))


def test_the_kl_loss_has_the_gradient_that_a_k1_term_would_lack() -> None:
    """In expectation over the policy's own tokens: k3 pulls towards the reference, k1 pulls nowhere."""
    logits = torch.tensor([2.0, 0.0, -1.0], requires_grad=True)
    reference = torch.log_softmax(torch.tensor([0.0, 0.5, 0.0]), -1)
    logprobs = torch.log_softmax(logits, -1)
    policy = logprobs.exp().detach()
    mask = torch.ones(3, dtype=torch.bool)
    pulls = []
    ratio = reference - logprobs
    for terms in (torch.expm1(ratio) - ratio, -ratio):
        (gradient,) = torch.autograd.grad((policy * terms).sum(), logits, retain_graph=True)
        pulls.append(gradient.abs().max().item())
    assert pulls[0] > 0.1
    assert pulls[1] < 1e-6
    assert kl_loss(logprobs, reference, mask).item() == pytest.approx(((torch.expm1(ratio) - ratio).mean()).item())


def test_approximate_kl_is_zero_without_a_step_and_positive_after_one() -> None:
    old = torch.log(torch.tensor([[0.5, 0.5]]))
    assert approximate_kl(old, old, ALL).item() == 0.0
    assert approximate_kl(old + 0.1, old, ALL).item() == pytest.approx(math.exp(0.1) - 1 - 0.1)

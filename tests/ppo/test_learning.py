"""One update: what may change its result and what may not."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ppo.conftest import PAD, tiny_trainer
from workbench.ppo.train import PPOTrainer
from workbench.ppo.types import Experience, Rollout


def experience(trainer: PPOTrainer, count: int = 16) -> Experience:
    prompts = [trainer.prompts[index] for index in trainer.order.take(count)]
    return trainer.evaluate_rollout(prompts, trainer.sample(prompts, trainer.sampling, trainer.generator))


def moved(trainer: PPOTrainer) -> PPOTrainer:
    """With weights that differ from those that will have sampled, so that ratio, clipping and KL all matter."""
    with torch.no_grad():
        for parameter in trainer.parameters:
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    return trainer


def gradients(trainer: PPOTrainer, known: Experience, rows: torch.Tensor) -> tuple[dict[str, float], list[Any]]:
    figures = trainer.learner._add_gradients(known, rows, 0.1)
    return figures, [parameter.grad.clone() for parameter in trainer.parameters]


@pytest.mark.parametrize("size", [1, 3, 8])
@pytest.mark.parametrize("options", [{}, {"kl_placement": "loss", "entropy_coef": 0.01}], ids=["plain", "all terms"])
def test_micro_batches_change_nothing_but_memory(size: int, options: dict[str, Any]) -> None:
    trainer = tiny_trainer(**options)
    known = experience(trainer)
    moved(trainer)
    rows = torch.arange(12)
    whole_figures, whole = gradients(trainer, known, rows)
    trainer.config.micro_batch_size = size
    figures, parts = gradients(trainer, known, rows)
    assert figures == pytest.approx(whole_figures, abs=1e-5)
    for ours, theirs in zip(parts, whole, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-4)


@settings(max_examples=10)
@given(st.permutations(range(8)), st.integers(0, 3), st.integers(0, 3))
def test_neither_padding_nor_order_ever_changes_a_loss(order: list[int], left: int, right: int) -> None:
    trainer = tiny_trainer()
    known = experience(trainer, 8)
    moved(trainer)
    plain, expected = gradients(trainer, known, torch.arange(8))
    figures, got = gradients(trainer, _padded(known, left, right), torch.tensor(order))
    assert figures == pytest.approx(plain, abs=1e-5)
    for ours, theirs in zip(got, expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-4)


def _padded(known: Experience, left: int, right: int) -> Experience:
    """The same with more padding on both sides."""
    from dataclasses import replace

    def pad(values: torch.Tensor, before: int, fill: float) -> torch.Tensor:
        return torch.nn.functional.pad(values, (before, right), value=fill)

    rollout = known.rollout
    wider = Rollout(
        sequences=pad(rollout.sequences, left, PAD),
        attention_mask=pad(rollout.attention_mask, left, False),
        response_ids=pad(rollout.response_ids, 0, PAD),
        response_mask=pad(rollout.response_mask, 0, False),
        logprobs=pad(rollout.logprobs, 0, 0.0),
        values=pad(rollout.values, 0, 0.0),
        ended=rollout.ended,
    )
    columns = ("reference_logprobs", "kl", "rewards", "advantages", "returns")
    return replace(known, rollout=wider, **{name: pad(getattr(known, name), 0, 0.0) for name in columns})


def test_rows_are_cut_to_what_they_need() -> None:
    trainer = tiny_trainer()
    rollout = experience(trainer, 16).rollout
    for row in range(16):
        alone = rollout.rows(torch.tensor([row]))
        assert alone.attention_mask.all()
        assert alone.response_ids.shape[1] == int(rollout.lengths()[row])
        kept = rollout.sequences[row][rollout.attention_mask[row]]
        assert torch.equal(alone.sequences[0], kept)


def test_an_update_ends_once_the_policy_has_moved_far_enough() -> None:
    free = tiny_trainer(ppo_epochs=4, learning_rate=5e-2, kl_coef=0.0)
    assert free.step().metrics["policy/optimizer_steps"] == 8
    held = tiny_trainer(ppo_epochs=4, learning_rate=5e-2, kl_coef=0.0, update_kl_limit=1e-3)
    metrics = held.step().metrics
    assert 1 <= metrics["policy/optimizer_steps"] < 8
    assert metrics["policy/stopped_early"] == 1.0
    assert metrics["policy/approx_kl"] < 1e-3


def test_a_penalty_in_the_loss_holds_the_policy_near_and_leaves_the_reward_alone() -> None:
    def final(kl_coef: float) -> dict[str, float]:
        trainer = tiny_trainer(
            total_episodes=32 * 25, learning_rate=2e-2, kl_coef=kl_coef, kl_placement="loss", kl_estimator="k3"
        )
        return list(trainer.updates())[-1].metrics

    free, held = final(0.0), final(3.0)
    assert held["objective/kl"] < 0.5 * free["objective/kl"]
    assert held["objective/rlhf_reward"] == pytest.approx(held["objective/scores"], abs=1e-5)


def test_an_entropy_bonus_keeps_the_policy_undecided() -> None:
    def final(entropy_coef: float) -> float:
        trainer = tiny_trainer(total_episodes=32 * 15, learning_rate=2e-2, kl_coef=0.0, entropy_coef=entropy_coef)
        return list(trainer.updates())[-1].metrics["objective/entropy"]

    assert final(0.3) > final(0.0) + 0.2

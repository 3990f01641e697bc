"""Ziegler's adaptive KL coefficient and the learning rate's schedule by hand."""

from __future__ import annotations

import math

import pytest

from tests.ppo.conftest import tiny_trainer
from workbench.ppo.kl_control import KLController
from workbench.ppo.schedules import rate_factor


def test_without_a_target_the_coefficient_stays() -> None:
    controller = KLController(0.2)
    controller.update(50.0, episodes=64)
    assert controller.coef == 0.2


@pytest.mark.parametrize(
    ("kl", "factor"),
    [
        (6.6, 1 + 0.1 * 64 / 2000),  # a tenth above the target
        (12.0, 1 + 0.2 * 64 / 2000),  # far above: clipped at a fifth
        (5.7, 1 - 0.05 * 64 / 2000),
        (0.0, 1 - 0.2 * 64 / 2000),
        (6.0, 1.0),
    ],
)
def test_the_coefficient_follows_the_clipped_error(kl: float, factor: float) -> None:
    controller = KLController(0.2, target=6.0, horizon=2000)
    controller.update(kl, episodes=64)
    assert controller.coef == pytest.approx(0.2 * factor)


def test_a_run_is_steered_to_its_target() -> None:
    def last_kl(**settings: float) -> float:
        trainer = tiny_trainer(total_episodes=32 * 60, learning_rate=1e-2, schedule="constant", **settings)
        return sum(report.metrics["objective/kl"] for report in list(trainer.updates())[-20:]) / 20

    free = last_kl(kl_coef=0.01)
    steered = last_kl(kl_coef=0.1, kl_target=2.0, kl_horizon=100)
    assert free > 10.0  # 20 to 23 over four seeds
    assert steered == pytest.approx(2.0, rel=0.4)


def test_a_run_ends_above_its_kl_limit() -> None:
    trainer = tiny_trainer(total_episodes=32 * 60, learning_rate=2e-2, kl_coef=0.0, kl_limit=1.0)
    reports = list(trainer.updates())
    assert len(reports) < 60
    assert reports[-1].metrics["objective/kl"] > 1.0
    assert all(report.metrics["objective/kl"] <= 1.0 for report in reports[:-1])
    assert "above the limit of 1" in (trainer.ended_because or "")


def test_schedules_by_hand() -> None:
    # 10 updates, a fifth of them warm-up: 1/3, 2/3, then 8 updates of fall.
    assert [rate_factor(u, 10, 0.2, "constant") for u in (0, 1, 2, 9)] == pytest.approx([1 / 3, 2 / 3, 1, 1])
    assert [rate_factor(u, 10, 0.2, "linear") for u in (2, 6, 9)] == pytest.approx([1, 0.5, 1 / 8])
    cosine = [rate_factor(u, 10, 0.2, "cosine") for u in (2, 6, 8)]
    assert cosine == pytest.approx([1, 0.5, 0.5 * (1 + math.cos(math.pi * 0.75))])
    assert rate_factor(0, 1, 0.0, "linear") == 1.0

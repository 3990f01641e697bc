"""How much the trunk's own likelihood counts beside what the head learned from votes."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.reward_model.likelihood import fit_likelihood_weight


def drawn(pairs: int, by_margin: float, by_likelihood: float) -> tuple[list[float], list[float]]:
    """Differences of pairs whose chosen side is drawn with P = sigmoid(by_margin · m + by_likelihood · l)."""
    dice = np.random.default_rng(0)
    margins, lowest = dice.normal(0, 1.0, pairs), dice.normal(0, 5.0, pairs)
    first_chosen = dice.random(pairs) < 1 / (1 + np.exp(-(by_margin * margins + by_likelihood * lowest)))
    sign = np.where(first_chosen, 1.0, -1.0)
    return (sign * margins).tolist(), (sign * lowest).tolist()


@pytest.mark.parametrize(("by_margin", "by_likelihood"), [(2.0, 0.2), (0.5, 0.5), (1.0, 0.0)])
def test_the_weight_that_votes_were_drawn_by_is_found_again(by_margin: float, by_likelihood: float) -> None:
    weight = fit_likelihood_weight(*drawn(20_000, by_margin, by_likelihood))
    assert weight == pytest.approx(by_likelihood / by_margin, rel=0.05, abs=0.01)


def test_votes_that_prefer_the_unlikely_give_it_no_weight() -> None:
    assert fit_likelihood_weight(*drawn(2_000, 1.0, -0.5)) == 0.0


def test_a_head_that_predicts_nothing_is_not_drowned() -> None:
    assert fit_likelihood_weight(*drawn(2_000, -1.0, 0.5)) == 0.0


@pytest.mark.parametrize("pairs", [0, 19])
def test_too_few_pairs_say_nothing(pairs: int) -> None:
    assert fit_likelihood_weight([1.0] * pairs, [2.0] * pairs) == 0.0


def test_pairs_that_do_not_differ_say_nothing() -> None:
    assert fit_likelihood_weight([0.0] * 40, [1.0] * 40) == 0.0
    assert fit_likelihood_weight([1.0] * 40, [0.0] * 40) == 0.0

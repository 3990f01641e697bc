"""Temperature scaling and reliability, on numbers whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.evaluation.calibration import calibration_error_by_chance
from workbench.reward_model.calibration import calibrate, fit_temperature, reliability


def test_the_temperature_of_a_known_share_by_hand() -> None:
    # All margins 1, three of four right: the best probability is 3/4, so steepness / T = ln 3.
    margins = [1.0, 1.0, 1.0, -1.0] * 10
    temperature, fitted_on = fit_temperature(margins, steepness=2.0)
    assert fitted_on == 40
    assert temperature == pytest.approx(2.0 / math.log(3), rel=0.01)


def test_too_few_pairs_fit_nothing() -> None:
    assert fit_temperature([1.0] * 5, 2.0) == (1.0, 0)


def test_always_right_and_always_wrong_stay_within_bounds() -> None:
    assert fit_temperature([1.0] * 30, 1.0)[0] == pytest.approx(0.1, rel=1e-3)
    assert fit_temperature([-1.0] * 30, 1.0)[0] == pytest.approx(20.0, rel=1e-3)


def test_scaling_mends_an_overconfident_model() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, 4000)
    margins = np.where(generator.random(4000) < 1 / (1 + np.exp(-np.abs(logits))), 1, -1) * np.abs(logits)
    temperature, _ = fit_temperature(margins[:2000].tolist(), steepness=4.0)
    assert temperature == pytest.approx(4.0, rel=0.15)
    found = calibrate(margins[2000:].tolist(), 4.0, temperature, 2000)
    assert found.error_unscaled > 0.1
    assert found.error < found.error_by_chance[1] + 0.01


@given(st.lists(st.floats(-5, 5), min_size=20, max_size=60), st.floats(0.2, 5))
def test_no_choice_changes_and_every_pair_is_in_one_bin(margins: list[float], temperature: float) -> None:
    found = calibrate(margins, 1.0, temperature, 20)
    for bins in (found.scaled, found.unscaled):
        assert sum(point.pairs for point in bins) == len(margins)
        right = sum(round(point.right * point.pairs) for point in bins)
        assert right == sum(margin > 0 for margin in margins)


def test_bins_by_hand() -> None:
    low, high = reliability([0.55, 0.58, 0.91], [True, False, True])
    assert (low.pairs, low.right, low.confidence) == (2, 0.5, pytest.approx(0.565))
    assert (high.pairs, high.right) == (1, 1.0)


def test_certain_and_true_shows_no_error_by_chance_and_a_coin_some() -> None:
    assert calibration_error_by_chance([1.0] * 50) == (0.0, 0.0)
    mean, quantile = calibration_error_by_chance([0.5] * 100)
    # |share − ½| of 100 tosses is 0.04 on average (half normal with deviation 0.05).
    assert mean == pytest.approx(0.04, abs=0.005)
    assert quantile == pytest.approx(0.098, abs=0.02)

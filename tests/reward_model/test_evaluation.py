"""Agreement with votes, by hand."""

from __future__ import annotations

import math

import pytest

from workbench.reward_model.evaluation import agreement_of_margins


def test_a_tie_counts_half_and_a_reversed_pair_not_at_all() -> None:
    agreement = agreement_of_margins([2.0, 1.0, 0.0, -3.0])
    assert agreement.accuracy == pytest.approx((1 + 1 + 0.5 + 0) / 4)
    assert agreement.pairs == 4
    assert agreement.mean_margin == 0.0
    low, high = agreement.accuracy_interval
    assert low < agreement.accuracy < high


def test_a_model_that_is_sure_and_always_wrong_has_the_worst_calibration() -> None:
    agreement = agreement_of_margins([-50.0] * 10)
    assert agreement.calibration_error == pytest.approx(1.0)


def test_calibration_by_hand() -> None:
    # Margin ln 3 is a stated probability of 0.75; three of four are right, so the gap is 0.
    margin = math.log(3)
    assert agreement_of_margins([margin, margin, margin, -margin]).calibration_error == pytest.approx(0.0, abs=1e-9)

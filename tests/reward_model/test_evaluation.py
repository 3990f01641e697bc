"""Agreement with votes, by hand."""

from __future__ import annotations

import pytest

from workbench.reward_model.evaluation import accuracy_of


def test_a_tie_counts_half_and_a_reversed_pair_not_at_all() -> None:
    accuracy, (low, high) = accuracy_of([2.0, 1.0, 0.0, -3.0])
    assert accuracy == pytest.approx((1 + 1 + 0.5 + 0) / 4)
    assert low < accuracy < high

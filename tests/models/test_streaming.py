"""Drawing tokens: by hand-worked probabilities."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import torch

from workbench.models.streaming import Sampling, draw_token

LOGITS = torch.tensor([math.log(p) for p in (0.5, 0.3, 0.15, 0.05)])


def drawn(sampling: Sampling, times: int = 2000) -> Counter[int]:
    dice = torch.Generator().manual_seed(0)
    return Counter(draw_token(LOGITS, sampling, dice) for _ in range(times))


def test_temperature_zero_takes_the_likeliest() -> None:
    assert set(drawn(Sampling(temperature=0), 5)) == {0}


def test_temperature_one_draws_by_probability() -> None:
    counts = drawn(Sampling(temperature=1))
    # Four standard deviations of a binomial with 2000 draws are at most 0.045.
    assert [counts[token] / 2000 for token in range(4)] == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.045)


def test_temperature_half_squares_the_odds() -> None:
    # 0.25 : 0.09 : 0.0225 : 0.0025, which add up to 0.365.
    counts = drawn(Sampling(temperature=0.5))
    assert counts[0] / 2000 == pytest.approx(0.25 / 0.365, abs=0.045)


@pytest.mark.parametrize(("top_p", "kept"), [(0.4, {0}), (0.5, {0}), (0.6, {0, 1}), (0.8, {0, 1}), (0.81, {0, 1, 2})])
def test_the_nucleus_keeps_the_token_that_crosses_the_threshold(top_p: float, kept: set[int]) -> None:
    assert set(drawn(Sampling(temperature=1, top_p=top_p))) == kept

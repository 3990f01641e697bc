"""The ceiling: closed forms, and simulated annotators whose true ceiling is known."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from tests.reward_model.making import voted
from workbench.reward_model.ceiling import agreement_by_width, another_annotator, ceiling, log_likelihoods
from workbench.reward_model.votes import decided


def test_one_vote_each_says_nothing_of_a_ceiling() -> None:
    pairs = [voted("a"), voted("b", "test")]
    assert ceiling(pairs, decided(pairs, "test")).accuracy is None


def test_closed_forms_of_the_uniform_prior() -> None:
    # Under beta(1, 1) two votes for A have probability 1/3; P(p > 1/2 | 2 won, 0 lost) = 1 − (1/2)³.
    width: Any = np.array([1.0])
    assert np.exp(log_likelihoods([(2, 0)], width))[0, 0] == pytest.approx(1 / 3)
    assert np.exp(log_likelihoods([(1, 1)], width))[0, 0] == pytest.approx(1 / 6)
    assert agreement_by_width([(2, 0)], width)[0, 0] == pytest.approx(7 / 8)
    assert agreement_by_width([(2, 1)], width)[0, 0] == pytest.approx(11 / 16)


def test_another_annotator_by_hand() -> None:
    # aab: the first a meets (a, b), a tie, and does not count; so the second; b meets (a, a) and is wrong.
    assert another_annotator([voted("aab")])[0] == 0.0
    # aaa: each of three agrees with the other two. Together 3 of 4.
    assert another_annotator([voted("aab"), voted("aaa")])[0] == pytest.approx(3 / 4)


def test_unanimous_votes_have_a_ceiling_near_one() -> None:
    pairs = [voted("aaa", "test" if number % 2 else "train") for number in range(80)]
    found = ceiling(pairs, decided(pairs, "test"))
    assert found.accuracy is not None
    assert found.accuracy > 0.99


@pytest.mark.parametrize("width", [0.3, 2.0])
def test_the_ceiling_is_what_a_model_that_knows_every_mind_reaches(width: float) -> None:
    dice, generator = random.Random(5), np.random.default_rng(5)
    pairs, right = [], []
    for p in generator.beta(width, width, 1500):
        choices = "".join("a" if dice.random() < p else "b" for _ in range(3))
        pairs.append(voted(choices, "test"))
        right.append((choices.count("a") > 1) == (p > 0.5))
    found = ceiling(pairs, decided(pairs, "test"))
    assert found.accuracy == pytest.approx(np.mean(right), abs=0.03)

"""The best of n, by hand and against drawing every subset."""

from __future__ import annotations

import math
from itertools import combinations
from statistics import fmean

import pytest

from workbench.reward_model.best_of_n import SAMPLES, best_of, curve


def test_the_best_of_n_is_the_mean_over_all_subsets() -> None:
    scores, values = [0.3, -1.0, 2.0, 0.7, 1.1], [5.0, 1.0, 2.0, 4.0, 3.0]
    for n in (1, 2, 3, 5):
        expected = fmean(values[max(subset, key=lambda i: scores[i])] for subset in combinations(range(5), n))
        assert best_of(n, scores, values) == pytest.approx(expected)


def test_the_curve_rises_in_score_and_starts_at_the_mean() -> None:
    scores = [[float((7 * i + p) % 16) for i in range(SAMPLES)] for p in range(6)]
    points = curve(scores, [[-value for value in own] for own in scores])
    assert [point["n"] for point in points] == [1, 2, 4, 8, 16]
    assert points[0]["kl"] == 0.0
    assert points[1]["kl"] == pytest.approx(math.log(2) - 0.5)
    assert points[0]["score"] == pytest.approx(7.5)
    assert points[-1]["score"] == 15.0
    assert points[-1]["embedding_similarity"] == -15.0, "here likeness falls as the score climbs"

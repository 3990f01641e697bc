"""Bradley–Terry strengths and the ranking of models."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.preferences.conftest import add_pair, add_vote
from workbench.preferences.bradley_terry import intervals, largest_group, strengths
from workbench.preferences.leaderboard import leaderboard
from workbench.workspace import Workspace


def wins(size: int, counts: dict[tuple[int, int], float]) -> np.ndarray:
    matrix = np.zeros((size, size))
    for (winner, loser), count in counts.items():
        matrix[winner, loser] = count
    return matrix


def test_two_models_give_the_log_odds() -> None:
    # 3 wins to 1: the odds are 3, and ln 3 lies half on either side of 0.
    found = strengths(wins(2, {(0, 1): 3, (1, 0): 1}))
    assert found == pytest.approx([math.log(3) / 2, -math.log(3) / 2], abs=1e-6)


def test_the_example_of_wikipedia() -> None:
    # Wikipedia's article on the model, also in arena-rank's tests; strengths there are exp(s), geometric mean 1.
    a, b, c, d = range(4)
    counts = {(a, b): 2, (b, a): 3, (a, d): 1, (d, a): 4, (b, c): 5, (c, b): 3, (c, d): 1, (d, c): 3}
    found = np.exp(strengths(wins(4, {pair: float(count) for pair, count in counts.items()})))
    assert found == pytest.approx([0.640, 1.043, 0.660, 2.270], abs=1e-3)


def test_a_case_of_choix() -> None:
    # testcase-pairwise-2.json of choix: 0 beats 1 twice, 1 beats 2, 2 beats 0.
    found = strengths(wins(3, {(0, 1): 2, (1, 2): 1, (2, 0): 1}))
    assert found == pytest.approx([0.419617624, -0.419617624, 0.0], abs=1e-4)


def test_who_never_loses_has_a_finite_strength() -> None:
    # 10 to 0 with half a win added on both sides: ln(10.5 / 0.5) / 2 = 1.5223.
    assert strengths(wins(2, {(0, 1): 10})) == pytest.approx([1.5223, -1.5223], abs=1e-4)


def test_only_the_largest_linked_group_is_ranked() -> None:
    counts = wins(5, {(0, 1): 1, (1, 0): 1, (1, 2): 1, (2, 1): 2, (3, 4): 9})
    assert largest_group(counts) == [0, 1, 2]
    found = strengths(counts)
    assert np.isnan(found[3:]).all()
    assert found[:3].sum() == pytest.approx(0)
    assert np.isnan(strengths(np.zeros((2, 2)))).all()


def test_intervals_hold_the_estimate_and_narrow_with_more_pairs() -> None:
    win, loss = wins(2, {(0, 1): 1}), wins(2, {(1, 0): 1})
    few, many = intervals([win] * 12 + [loss] * 6, seed=1), intervals([win] * 240 + [loss] * 120, seed=1)
    assert few[0] is not None
    assert many[0] is not None
    assert few[0][0] < math.log(2) / 2 < few[0][1]
    assert many[0][0] < math.log(2) / 2 < many[0][1]
    assert many[0][1] - many[0][0] < few[0][1] - few[0][0]
    assert few == intervals([win] * 12 + [loss] * 6, seed=1)


def test_a_leaderboard(ws: Workspace) -> None:
    for number in range(8):
        pair = add_pair(ws, f"{number}?", models=("base", "sft-001"))
        add_vote(ws, pair, "kim", "b" if number < 5 else "a" if number < 7 else "tie")
        add_vote(ws, pair, "bot", "a", simulated=True)
    same = add_pair(ws, "same?", models=("sft-001", "sft-001"))
    add_vote(ws, same, "kim", "a")
    first, second = leaderboard(ws, source="people")
    # 5 wins, 2 losses and a tie: 5.5 to 2.5.
    assert (first.model, second.model) == ("sft-001", "base")
    assert first.strength == pytest.approx(math.log(5.5 / 2.5) / 2, abs=1e-6)
    assert first.ci is not None
    assert first.ci[0] < first.strength < first.ci[1]
    assert (first.votes, second.votes) == (8, 8)
    assert [row.model for row in leaderboard(ws, source="simulated")] == ["base", "sft-001"]


def test_degenerate_leaderboards(ws: Workspace) -> None:
    assert leaderboard(ws, source="people") == []
    for models in (("a", "b"), ("c", "d")):
        pair = add_pair(ws, f"{models}?", models=models)
        add_vote(ws, pair, "kim", "tie")
    rows = leaderboard(ws, source="people")
    assert [(row.model, row.strength is None, row.ci is None) for row in rows] == [
        ("a", False, False),
        ("b", False, False),
        ("c", True, True),
        ("d", True, True),
    ]
    assert rows[0].strength == pytest.approx(0)

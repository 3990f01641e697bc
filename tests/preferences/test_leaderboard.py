"""Bradley–Terry strengths and the ranking of models."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from tests.preferences.conftest import add_pair, add_vote
from workbench.preferences.bradley_terry import bootstrap_strengths, intervals, largest_group, strengths
from workbench.preferences.leaderboard import leaderboard, standing
from workbench.preferences.length_control import PairOutcome, controlled_strengths
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
    few = intervals(bootstrap_strengths([win] * 12 + [loss] * 6, seed=1))
    many = intervals(bootstrap_strengths([win] * 240 + [loss] * 120, seed=1))
    assert few[0] is not None
    assert many[0] is not None
    assert few[0][0] < math.log(2) / 2 < few[0][1]
    assert many[0][0] < math.log(2) / 2 < many[0][1]
    assert many[0][1] - many[0][0] < few[0][1] - few[0][0]
    assert few == intervals(bootstrap_strengths([win] * 12 + [loss] * 6, seed=1))


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


def compare(ws: Workspace, models: tuple[str, str], a_wins: int, b_wins: int, ties: int = 0) -> None:
    """So many votes on as many pairs of two models; the second model's response is the longer one."""
    choices = ["a"] * a_wins + ["b"] * b_wins + ["tie"] * ties
    for number, choice in enumerate(choices):
        pair = add_pair(ws, f"{models}{number}?", "short", "a long answer", models=models)
        add_vote(ws, pair, "kim", choice)  # type: ignore[arg-type]


def test_the_win_matrix(ws: Workspace) -> None:
    compare(ws, ("base", "sft"), 1, 6, ties=3)
    compare(ws, ("sft", "ppo"), 2, 2)
    rates = {(row.model, row.other): (row.rate, row.votes) for row in standing(ws, source="people").win_rates}
    assert rates == {
        ("base", "sft"): (pytest.approx(0.25), 10),
        ("sft", "base"): (pytest.approx(0.75), 10),
        ("sft", "ppo"): (pytest.approx(0.5), 4),
        ("ppo", "sft"): (pytest.approx(0.5), 4),
    }


def test_votes_that_are_missing_to_tell_the_first_two_apart(ws: Workspace) -> None:
    compare(ws, ("base", "sft"), 22, 28)
    found = standing(ws, source="people").separation
    assert found is not None
    assert (found.first, found.second) == ("sft", "base")
    # The lead is the log-odds ln(28/22) = 0.241; its standard error with n votes is 1/√(n·0.56·0.44). It is found at
    # the 5% level in 80% of cases with 2.80 standard errors: n = (2.80/0.241)²/0.2464 = 548, so 498 more.
    assert found.lead == pytest.approx(math.log(28 / 22), abs=1e-6)
    assert found.more_votes == pytest.approx(498, rel=0.2)
    compare(ws, ("base", "ppo"), 2, 30)
    again = standing(ws, source="people").separation
    assert again is not None
    assert (again.first, again.more_votes) == ("ppo", 0)
    assert again.ci[0] > 0


def test_no_number_of_votes_tells_apart_what_is_even(ws: Workspace) -> None:
    compare(ws, ("base", "sft"), 5, 5)
    found = standing(ws, source="people").separation
    assert found is not None
    assert found.more_votes is None


def test_length_control_gives_the_strength_at_equal_length() -> None:
    """Votes that follow length alone: the model that writes longer looks better until length is controlled."""
    dice = random.Random(3)
    outcomes = []
    for _ in range(600):
        lengths = dice.randint(20, 120), dice.randint(60, 160)
        difference = (lengths[0] - lengths[1]) / sum(lengths)
        wins_a = float(dice.random() < 1 / (1 + math.exp(-4 * difference)))
        outcomes.append(PairOutcome(0, 1, wins_a, 1 - wins_a, *lengths))
    total = sum(outcome.wins_b for outcome in outcomes)
    plain = strengths(wins(2, {(0, 1): 600 - total, (1, 0): total}))
    found, drawn = controlled_strengths(outcomes, 2)
    assert plain[1] - plain[0] > 0.6
    ((low, high),) = intervals(drawn[:, 1:2] - drawn[:, 0:1])  # type: ignore[misc]
    assert low < 0 < high
    assert abs(found[1] - found[0]) < 0.4
    spread = np.std([(o.length_a - o.length_b) / (o.length_a + o.length_b) for o in outcomes])
    (beta,) = intervals(drawn[:, 2:])
    assert beta is not None
    assert beta[0] < 4 * spread < beta[1]


def test_without_a_difference_in_length_control_changes_nothing() -> None:
    outcomes = [PairOutcome(0, 1, 1.0, 0.0, 50, 50)] * 30 + [PairOutcome(0, 1, 0.0, 1.0, 50, 50)] * 10
    found, _ = controlled_strengths(outcomes, 2, resamples=2)
    assert found[:2] == pytest.approx([math.log(3) / 2, -math.log(3) / 2], abs=0.01)
    assert found[2] == 0


def test_a_leaderboard_at_equal_length(ws: Workspace) -> None:
    compare(ws, ("base", "sft"), 5, 9, ties=2)
    compare(ws, ("alone", "apart"), 1, 1)
    found = standing(ws, source="people", length_controlled=True)
    assert {row.model: row.strength is None for row in found.rows} == {
        "alone": True,
        "apart": True,
        "base": False,
        "sft": False,
    }
    assert found.length_effect is not None
    assert standing(ws, source="people").length_effect is None

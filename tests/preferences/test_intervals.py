"""Bootstrap intervals of agreement: the sums behind them against the libraries, and their coverage."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.preferences.conftest import add_pair, add_vote
from workbench.demonstrations.editing import add_demonstration
from workbench.evaluation.bootstrap import proportion_interval
from workbench.preferences.agreement import (
    agreement,
    alpha_interval,
    by_tag,
    cohen_interval,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    summarise,
)
from workbench.preferences.resampling import (
    alpha_of_sums,
    alpha_terms,
    cohen_of_sums,
    cohen_terms,
    fleiss_of_sums,
    fleiss_terms,
    interval_of_sums,
    wilson,
)
from workbench.workspace import Workspace

VALUES = ("a", "b", "tie")
UNITS = st.lists(st.lists(st.sampled_from(VALUES), min_size=2, max_size=5), min_size=2, max_size=12)


def counts(units: list[list[str]]) -> np.ndarray:
    return np.array([[unit.count(value) for value in VALUES] for unit in units], dtype=float)


def one(statistic, terms: np.ndarray) -> float:  # type: ignore[no-untyped-def]
    return float(statistic(terms.sum(axis=0, keepdims=True))[0])


@settings(max_examples=60)
@given(UNITS)
def test_alpha_from_sums_is_that_of_the_library(units: list[list[str]]) -> None:
    expected = krippendorff_alpha(units)
    if expected is not None:
        assert one(alpha_of_sums, alpha_terms(counts(units))) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=60)
@given(st.lists(st.lists(st.sampled_from(VALUES), min_size=3, max_size=3), min_size=2, max_size=12))
def test_kappas_from_sums_are_those_of_the_library(units: list[list[str]]) -> None:
    fleiss = fleiss_kappa(units)
    if fleiss is not None:
        assert one(fleiss_of_sums, fleiss_terms(counts(units))) == pytest.approx(fleiss, abs=1e-9)
    cohen = cohen_kappa([(unit[0], unit[1]) for unit in units])
    if cohen is not None:
        terms = cohen_terms(counts([[unit[0]] for unit in units]), counts([[unit[1]] for unit in units]))
        assert one(cohen_of_sums, terms) == pytest.approx(cohen, abs=1e-9)


def test_the_interval_of_cohens_kappa_is_near_that_of_sas() -> None:
    # statsmodels' test_inter_rater.py, SAS output: kappa 0.4842, 95% interval 0.2137 to 0.7547 (asymptotic, 19 units).
    table = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]
    ratings = [(VALUES[i], VALUES[j]) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    assert cohen_interval(ratings) == pytest.approx((0.2137, 0.7547), abs=0.07)


def test_wilson_is_the_one_of_evaluation() -> None:
    for successes, n in ((0, 5), (3, 7), (50, 50)):
        assert wilson(successes, n, 1.959963984540054) == pytest.approx(proportion_interval(successes, n))


def test_alpha_is_inside_its_interval_as_often_as_promised() -> None:
    """Two annotators who agree in 80% of cases on values of 1/2 each: alpha is 0.6 in a large sample."""
    held = 0
    for seed in range(60):
        dice = random.Random(seed)
        units = []
        for _ in range(120):
            first = dice.choice("ab")
            units.append([first, first if dice.random() < 0.8 else "ab"["ba".index(first)]])
        low, high = alpha_interval(units) or (2.0, 2.0)
        held += low <= 0.6 <= high
    assert held >= 51  # of 60 at 95%: fewer once in 10,000


def test_where_no_interval_can_be_given() -> None:
    assert interval_of_sums([[1.0, 1.0]], lambda sums: sums[:, 0]) is None
    assert alpha_interval([["a", "a"], ["a", "a"]]) is None
    assert alpha_interval([["a"], ["b"]]) is None
    assert cohen_interval([]) is None
    empty = summarise({})["ci"]
    assert empty == {"krippendorff_alpha": None, "fleiss_kappa": None, "cohen_kappa": {}}


def test_by_tag_a_pair_counts_under_each_of_its_tags() -> None:
    ratings = {"p": {"x": "a", "y": "a"}, "q": {"x": "b", "y": "b"}, "r": {"x": "a", "y": "b"}, "s": {"x": "a"}}
    found = by_tag(ratings, {"p": ["hr"], "q": ["hr"], "r": ["hr", "it"], "s": ["it"]})  # type: ignore[arg-type]
    assert {tag: row["pairs"] for tag, row in found.items()} == {"hr": 3, "it": 1}
    assert found["hr"]["krippendorff_alpha"] == krippendorff_alpha([["a", "a"], ["b", "b"], ["a", "b"]])
    # One pair, one vote each way: observed and expected disagreement are both 1, so alpha is 0 and has no interval.
    assert (found["it"]["krippendorff_alpha"], found["it"]["ci"]) == (0.0, None)


def test_the_figures_of_a_workspace_follow_the_rules(ws: Workspace) -> None:
    row = add_demonstration(ws, prompt="Tagged?", response="Yes.", tags=["hr"], author="kim")
    pairs = [add_pair(ws, f"{n}?") for n in range(4)]
    with ws.database.write() as cursor:
        cursor.execute("UPDATE pairs SET demonstration_id = ?", [row.id])
    for number, pair in enumerate(pairs):
        add_vote(ws, pair, "kim", "a" if number % 2 else "b")
        add_vote(ws, pair, "lee", "a" if number % 2 else "b")
        clicker = add_vote(ws, pair, "clicker", "a")
    before = agreement(ws, source="people")
    rule = ws.exclusions.add(annotator_id=clicker.annotator_id, faster_than=None, note="", by="kim")
    after = agreement(ws, source="people")
    assert (before["votes"], after["votes"], after["excluded"]) == (12, 8, 4)
    assert before["krippendorff_alpha"] < 1
    assert (after["krippendorff_alpha"], after["ci"]["krippendorff_alpha"]) == (1.0, (1.0, 1.0))
    assert after["by_tag"]["hr"]["krippendorff_alpha"] == 1.0
    ws.exclusions.end(rule.id, "kim")
    assert agreement(ws, source="people") == before

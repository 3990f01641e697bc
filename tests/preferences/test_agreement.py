"""Agreement against published numbers, and where it is not defined."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.preferences.conftest import add_pair, add_vote
from workbench.preferences.agreement import (
    agreement,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    summarise,
)
from workbench.preferences.majority import Choice
from workbench.workspace import Workspace

# Krippendorff, "Computing Krippendorff's alpha-reliability": 4 coders, 12 units; 0 where a coder gave none.
KRIPPENDORFF = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]
# The example of Wikipedia's article on the coefficient: 3 coders, 15 units.
WIKIPEDIA = [
    [0, 0, 0, 0, 0, 3, 4, 1, 2, 1, 1, 3, 3, 0, 3],
    [1, 0, 2, 1, 3, 3, 4, 3, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 2, 1, 3, 4, 4, 0, 2, 1, 1, 3, 3, 0, 4],
]
# The table of Wikipedia's article on Fleiss' kappa, also in the tests of statsmodels: 14 raters, 5 values.
FLEISS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def by_unit(coders: list[list[int]]) -> list[list[str]]:
    return [[str(value) for value in unit if value] for unit in zip(*coders, strict=True)]


def by_count(table: list[list[int]]) -> list[list[str]]:
    return [[str(value) for value, count in enumerate(row) for _ in range(count)] for row in table]


@pytest.mark.parametrize(("coders", "alpha"), [(KRIPPENDORFF, 0.743421), (WIKIPEDIA, 0.691358)])
def test_krippendorff_against_published_tables(coders: list[list[int]], alpha: float) -> None:
    assert krippendorff_alpha(by_unit(coders)) == pytest.approx(alpha, abs=1e-6)


def test_a_unit_with_one_rating_does_not_count_for_alpha() -> None:
    # From NLTK's test_disagreement.py.
    units = [["yes", "no", "no"], ["yes", "no"], ["no"]]
    assert krippendorff_alpha(units) == pytest.approx(-1 / 3)


@pytest.mark.parametrize(
    ("table", "kappa"),
    [(FLEISS, 0.20993), ([[7, 1], [3, 5]], 0.161905), ([[6, 1, 0], [0, 7, 0]], 0.708333)],
)
def test_fleiss_against_published_tables(table: list[list[int]], kappa: float) -> None:
    # statsmodels' test_inter_rater.py; the first is published as 0.210.
    assert fleiss_kappa(by_count(table)) == pytest.approx(kappa, abs=1e-5)


def test_fleiss_takes_the_units_with_the_commonest_number_of_ratings() -> None:
    two = [["a", "a"], ["b", "b"], ["a", "b"]]
    assert fleiss_kappa([*two, ["a", "a", "b"], ["b"]]) == fleiss_kappa(two)
    # Observed agreement 2/3, expected (1/2)² + (1/2)² = 1/2: (2/3 − 1/2) / (1 − 1/2) = 1/3.
    assert fleiss_kappa(two) == pytest.approx(1 / 3)


def test_cohen_against_sas() -> None:
    # The table of statsmodels' test_inter_rater.py, whose expected numbers are SAS output: 0.4842.
    table = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]
    ratings = [(str(i), str(j)) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    assert cohen_kappa(ratings) == pytest.approx(0.4842, abs=5e-5)


@pytest.mark.parametrize("units", [[], [["a"]], [["a"], ["b"]], [["a", "a"], ["a", "a"]]])
def test_agreement_is_none_where_it_is_not_defined(units: list[list[str]]) -> None:
    assert krippendorff_alpha(units) is None
    assert fleiss_kappa(units) is None
    assert cohen_kappa([(unit[0], unit[-1]) for unit in units if len(unit) > 1]) is None


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.text(max_size=2), st.dictionaries(st.sampled_from("xyz"), st.sampled_from(["a", "b", "tie"]), min_size=1)
    )
)
def test_any_votes_give_json_without_nan(ratings: dict[str, dict[str, Choice]]) -> None:
    found = summarise(ratings)
    json.dumps(found, allow_nan=False)
    assert sum(found["majority"].values()) == found["pairs"]


def test_the_summary_of_a_workspace(ws: Workspace) -> None:
    first, second, third = (add_pair(ws, f"{n}?") for n in range(3))
    add_pair(ws, "unseen?")
    for pair, kim, lee in ((first, "a", "a"), (second, "b", "b"), (third, "a", "tie")):
        add_vote(ws, pair, "kim", kim)  # type: ignore[arg-type]
        add_vote(ws, pair, "lee", lee)  # type: ignore[arg-type]
    add_vote(ws, first, "bot", "b", simulated=True)
    found = agreement(ws, source="people")
    # Cohen: observed 2/3; kim a 2/3 b 1/3, lee a 1/3 b 1/3 tie 1/3: expected 2/9 + 1/9 = 1/3; (2/3−1/3)/(2/3) = 1/2.
    assert found["cohen_kappa"] == {"kim|lee": pytest.approx(0.5)}
    # Fleiss: values a 3/6, b 2/6, tie 1/6: expected 14/36; (2/3 − 14/36) / (1 − 14/36) = 10/22.
    assert found["fleiss_kappa"] == pytest.approx(10 / 22)
    # Alpha: disagreement observed 2/6; expected 1 − (3·2 + 2·1 + 0)/(6·5) = 22/30: 1 − (1/3)/(22/30) = 12/22.
    assert found["krippendorff_alpha"] == pytest.approx(12 / 22)
    assert {k: found[k] for k in ("pairs", "votes", "annotators", "majority")} == {
        "pairs": 3,
        "votes": 6,
        "annotators": 2,
        "majority": {"a": 1, "b": 1, "tie": 1},
    }
    assert agreement(ws, source="simulated") == {
        "pairs": 1,
        "votes": 1,
        "annotators": 1,
        "krippendorff_alpha": None,
        "fleiss_kappa": None,
        "cohen_kappa": {},
        "majority": {"a": 0, "b": 1, "tie": 0},
        "ci": {"krippendorff_alpha": None, "fleiss_kappa": None, "cohen_kappa": {}},
        "by_tag": {},
        "excluded": 0,
    }


def test_an_empty_workspace(ws: Workspace) -> None:
    found = agreement(ws, source="people")
    assert (found["pairs"], found["krippendorff_alpha"], found["cohen_kappa"]) == (0, None, {})

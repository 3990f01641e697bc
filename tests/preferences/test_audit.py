"""The audit of annotators: each measure by hand, and planted biases found without accusing the careful."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from benchmarks.annotator_audit import rates
from storage.votes import Vote
from tests.preferences.conftest import add_pair, add_vote
from workbench.preferences.audit import VotedPair, audit, audit_votes
from workbench.preferences.audit_shares import probability_of_so_few
from workbench.preferences.audit_words import findings
from workbench.workspace import Workspace

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def vote(pair: int, who: str, choice: str, left: str = "a", seconds: float | None = None, occasion: int = 0) -> Vote:
    return Vote(f"{pair}{who}{occasion}", f"p{pair}", who, choice, left, False, seconds, NOW, occasion=occasion)  # type: ignore[arg-type]


TEXTS = {f"p{n}": VotedPair(100, 60, 30) for n in range(10)}


def test_each_measure_by_hand() -> None:
    votes = [
        vote(0, "ann", "a", "a", 3.0),
        vote(1, "ann", "a", "b", 7.0),
        vote(2, "ann", "b", "b", 20.0),
        vote(3, "ann", "tie", "a", 8.0),
        vote(0, "bob", "a"),
        vote(1, "bob", "b"),
        vote(2, "bob", "b"),
        vote(3, "bob", "tie"),
        vote(0, "ann", "a", "b", occasion=1),
        vote(1, "ann", "tie", "a", occasion=1),
    ]
    ann, bob = audit_votes(votes, TEXTS)
    assert (ann.annotator, ann.votes, ann.repeats) == ("ann", 4, 2)
    found = {name: (round(m.value, 4), m.n, m.others) for name, m in ann.measures.items()}
    assert found["left"] == (0.6667, 3, None)  # p0 and p2 of three decided votes
    assert found["longer"] == (0.6667, 3, pytest.approx(1 / 3))  # A is longer: p0, p1; Bob: p0 alone
    assert found["ties"] == (0.25, 4, 0.25)
    assert found["seconds"] == (7.5, 4, None)
    assert found["unread"] == (0.25, 4, None)  # 100 words take 6 s at 1,000 words per minute
    # Observed 3/4; expected: a 2/4·1/4 + b 1/4·2/4 + tie 1/4·1/4 = 5/16; (12/16 − 5/16) / (11/16) = 7/11.
    assert found["agreement"] == (round(7 / 11, 4), 4, None)
    assert found["consistency"] == (0.5, 2, None)
    assert "seconds" not in bob.measures
    assert all(m.interval is None or m.interval[0] <= m.value <= m.interval[1] for m in ann.measures.values())
    assert findings(ann) == []  # far too few votes to say anything


def test_biases_are_found_and_the_careful_are_left_alone() -> None:
    found = rates(range(2), pairs=200, repeats=60)
    for name in ("left side", "longer response", "ties", "guessing", "not reading"):
        assert found[f"found: {name}"] == 1.0, name
    assert found["found: guessing, on repeats"] == 1.0
    assert found["false alarms per careful annotator"] <= 0.04  # at most 6 × 0.004 are expected


@pytest.mark.parametrize(
    ("kept", "repeats", "others", "probability"),
    [
        (1, 10, None, (1 + 10 / 2) / 1024),  # binomial with one half
        (10, 10, [True] * 40, 1 - 0.75**10 / 2),  # the others keep all: no more than 0.75 is asked
        (0, 2, [True, False] * 10, (11 * 12) / (22 * 23) / 2),  # beta-binomial(2, 1 + 10, 1 + 10)
    ],
)
def test_how_likely_so_few_kept_repeats_are(
    kept: int, repeats: int, others: list[bool] | None, probability: float
) -> None:
    assert probability_of_so_few(kept, repeats, others) == pytest.approx(probability)


def test_the_audit_of_a_workspace(ws: Workspace) -> None:
    for number in range(40):
        pair = add_pair(ws, f"{number}?", "one two three", "one")
        for name, choice in (("kim", "a" if number % 2 else "b"), ("lee", "a" if number % 2 else "b"), ("lefty", "a")):
            add_vote(ws, pair, name, choice)  # type: ignore[arg-type]
        add_vote(ws, pair, "bot", "b", simulated=True)
    audits = {row.annotator: row for row in audit(ws, source="people")}
    assert list(audits) == ["kim", "lee", "lefty"]
    said = dict(findings(audits["lefty"]))
    assert "left" not in audits["lefty"].measures, "nobody was shown these pairs: their sides are not known"
    assert "longer response in 100%" in said["longer"]
    assert "kappa 0.00" in said["agreement"]
    assert findings(audits["kim"]) == []
    ws.exclusions.add(annotator_id=ws.votes.list(simulated=False)[2].annotator_id, faster_than=None, note="", by="kim")
    assert len(audit(ws, source="people")) == 3, "whoever is left out can still be looked at"
    assert [row.annotator for row in audit(ws, source="simulated")] == ["bot"]

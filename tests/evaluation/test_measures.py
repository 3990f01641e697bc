"""ROUGE-L, exact match, perplexity, paired differences, fact differences and corners against known values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.evaluation import measures
from workbench.evaluation.additive import Difference, corpus_of, mean_of, paired_difference, perplexity_of
from workbench.evaluation.answers import measure_answers
from workbench.evaluation.embedding import Vectors
from workbench.evaluation.fact_differences import fact_differences
from workbench.evaluation.held_out import HeldOut
from workbench.evaluation.perplexity import ReferenceLoss
from workbench.evaluation.quadrant import corner_of
from workbench.evaluation.retrieval import nearest_responses
from workbench.evaluation.rouge import common_subsequence, rouge_l
from workbench.evaluation.text_scores import statistics
from workbench.runs.frozen_data import FrozenDemonstration


@pytest.mark.parametrize(
    ("answer", "value"),
    # Lin 2004, section 3.1: "police killed the gunman" is the reference, beta 1.
    [
        ("police kill the gunman", 75.0),
        ("the gunman kill police", 50.0),
        ("Police killed the gunman!", 100.0),
        ("", 0.0),
    ],
)
def test_rouge_l_against_lin(answer: str, value: float) -> None:
    assert rouge_l(answer, "police killed the gunman") == pytest.approx(value)


def test_rouge_l_weighs_precision_and_recall_alike() -> None:
    # Two of three words in order against two of five: P = 2/3, R = 2/5, F1 = 2·(4/15)/(16/15) = 1/2.
    assert rouge_l("a x b", "a c d b e") == pytest.approx(50.0)


def _table(first: Sequence[str], second: Sequence[str]) -> int:
    """The textbook's dynamic programme."""
    row = [0] * (len(first) + 1)
    for word in second:
        before = 0
        for i, other in enumerate(first, start=1):
            before, row[i] = row[i], before + 1 if word == other else max(row[i], row[i - 1])
    return row[-1]


@given(st.lists(st.sampled_from("abcd"), max_size=80), st.lists(st.sampled_from("abcd"), max_size=80))
def test_the_bit_parallel_subsequence_is_the_textbooks(first: list[str], second: list[str]) -> None:
    assert common_subsequence(first, second) == _table(first, second)


def test_perplexity_by_hand() -> None:
    # Two tokens at 1/2 and 1/8: mean loss ln 4, perplexity 4; with another of one token at 1/4 the mean stays ln 4.
    first, second = ReferenceLoss(math.log(2) + math.log(8), 2), ReferenceLoss(math.log(4), 1)
    assert first.perplexity == pytest.approx(4)
    corpus = perplexity_of([first.perplexity, second.perplexity, None], [2, 1, 0])
    assert corpus.value == pytest.approx(4)
    assert corpus.n == 2
    # Long responses count for more: (10·ln 2 + 1·ln 8) / 11.
    assert perplexity_of([2.0, 8.0], [10, 1]).value == pytest.approx(math.exp((10 * math.log(2) + math.log(8)) / 11))


def test_a_paired_difference_sees_what_intervals_hide() -> None:
    """Prompts differ far more than the models do; on the same prompts the second is always a little better."""
    first = [float(n % 10) for n in range(100)]
    second = [value + (0.2 if n % 2 else 0.1) for n, value in enumerate(first)]
    found = paired_difference(mean_of(first), mean_of(second), seed=1)
    assert found is not None
    assert found.value == pytest.approx(0.15)
    # Half the differences are 0.1, half 0.2: standard error 0.05 / 10.
    assert (found.ci_low, found.ci_high) == (pytest.approx(0.14, abs=0.003), pytest.approx(0.16, abs=0.003))
    assert found.p == pytest.approx(1 / 1001)
    swapped = paired_difference(mean_of(second), mean_of(first), seed=1)
    assert swapped is not None
    assert swapped.value == pytest.approx(-found.value)


def test_no_difference_is_no_difference() -> None:
    same = mean_of([0.0, 1.0, 1.0])
    assert paired_difference(same, same) == Difference(0.0, 0.0, 0.0, 1.0, 3)
    assert paired_difference(mean_of([None]), mean_of([1.0])) is None


def test_the_paired_bootstrap_is_sacrebleus() -> None:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.significance import PairedTest

    references = [f"the office number {n} is on floor {n % 4} of the house" for n in range(60)]
    base = [f"the office {n} lies on floor {n % 3}" for n in range(60)]
    better = [f"the office number {n} is on floor {n % 3} of a house" if n % 3 else base[n] for n in range(60)]
    ours = paired_difference(
        corpus_of(statistics("bleu", base, references)), corpus_of(statistics("bleu", better, references))
    )
    test = PairedTest([("base", base), ("better", better)], {"BLEU": BLEU()}, [references], "bs", 1000)
    _, scores = test()
    assert ours is not None
    assert ours.value == pytest.approx(scores["BLEU"][1].score - scores["BLEU"][0].score, abs=0.01)
    assert ours.p == pytest.approx(scores["BLEU"][1].p_value, abs=0.01)


# --- fact differences ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reference", "prompt", "foreign", "missing"),
    [
        ("It is on the 4th floor.", "It is on the third floor.", "", ["4th:number"], ["third:number"]),
        ("It is on the fourth floor.", "You find it on the 4th floor.", "", [], []),
        ("Open from 9am.", "Open from 9:00.", "", ["9am:number"], ["9:00:number"]),
        ("Open from 9am.", "Open from 9 a.m.", "", [], []),
        ("It costs €1,200.", "It costs €1,250.", "", ["€1,200:number"], ["€1,250:number"]),
        ("Ask for Maria Keller.", "Ask for Peter Keller.", "", ["Maria Keller:name"], ["Peter Keller:name"]),
        ("Go to Boston.", "Go to Leeds.", "", ["Boston:place"], ["Leeds:place"]),
        ("The form is due on 5 March.", "The form is due on March 5th.", "", [], []),
        ("Due by Monday.", "Due by Friday.", "", ["Monday:date"], ["Friday:date"]),
        ("You may ask on 2 May 2024.", "You may ask.", "", ["2 May 2024:date"], []),
        ("Room B2-14.", "Room B2-15.", "", ["B2-14:number"], ["B2-15:number"]),
        ("Bay K32.", "The bay is K32.", "", [], []),
        (
            "Write to hr@acme.example.",
            "Write to it@acme.example.",
            "",
            ["hr@acme.example:name"],
            ["it@acme.example:name"],
        ),
        ("The Boston office has 12 rooms.", "It has 12 rooms.", "And the Boston office?", [], []),
        ("Please ask. Thanks!", "Ask please.", "", [], []),
        ("", "On floor 2.", "", [], ["2:number"]),
    ],
)
def test_values_that_differ_are_found(
    answer: str, reference: str, prompt: str, foreign: list[str], missing: list[str]
) -> None:
    found = fact_differences(answer, reference, prompt)
    assert [f"{fact.text}:{fact.kind}" for fact in found.foreign] == foreign
    assert [f"{fact.text}:{fact.kind}" for fact in found.missing] == missing
    assert all(answer[fact.start : fact.end] == fact.text for fact in found.foreign)
    assert all(reference[fact.start : fact.end] == fact.text for fact in found.missing)


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_is_read_and_no_text_differs_from_itself(answer: str, reference: str) -> None:
    found = fact_differences(answer, reference)
    assert all(answer[fact.start : fact.end] == fact.text for fact in found.foreign)
    assert not fact_differences(answer, answer)


@pytest.mark.parametrize(
    ("bleu", "similarity", "differ", "corner"),
    [
        (90, 0.95, False, "copy"),
        (90, 0.95, True, "near_copy"),
        (90, 0.4, False, "near_copy"),
        (12, 0.9, False, "paraphrase"),
        (12, 0.3, True, "wrong"),
        (50, 0.8, False, "copy"),
    ],
)
def test_corners(bleu: float, similarity: float, differ: bool, corner: str) -> None:
    assert corner_of(bleu, similarity, differ) == corner


# --- all measures together ----------------------------------------------------------------------------------------


def frozen(name: str, prompt: str, response: str, split: str = "test", **fields: object) -> FrozenDemonstration:
    return FrozenDemonstration(name, prompt, response, split, None, None, ("hr",), **fields)  # type: ignore[arg-type]


ROWS = (
    frozen("1", "Where is HR?", "On floor 3.", held_out="unseen fact", source="Handbook"),
    frozen("2", "Where is IT?", "In room 2.14."),
)


def test_each_answer_keeps_its_measures_and_what_it_belongs_to() -> None:
    events: list[SimpleNamespace] = []
    losses = [ReferenceLoss(math.log(4), 1), ReferenceLoss(2 * math.log(9), 2)]
    values = measure_answers(
        events.append, "m", ["on floor 3", "In room 2.15."], HeldOut("test", ROWS, frozenset()), seed=0, losses=losses
    )
    answers = [event for event in events if event.type == "answer"]
    assert (answers[0].tags, answers[0].source, answers[0].held_out) == (("hr",), "Handbook", "unseen fact")
    assert [answer.measures["exact_match"] for answer in answers] == [1.0, 0.0]
    assert [answer.measures["changed_facts"] for answer in answers] == [0.0, 1.0]
    assert [answer.measures["perplexity"] for answer in answers] == [pytest.approx(4), pytest.approx(9)]
    assert values["exact_match"] == values["changed_facts"] == 0.5
    assert values["perplexity"] == pytest.approx((4 * 9 * 9) ** (1 / 3))
    evaluations = {event.measure: event for event in events if event.type == "evaluation"}
    assert tuple(evaluations) == measures.MEASURES
    assert evaluations["bleu"].signature.startswith("nrefs:1")
    assert evaluations["fact_accuracy"].value is None
    assert "do not say" in evaluations["fact_accuracy"].problem


def test_a_measure_that_fails_says_why_and_the_others_still_show(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("the weights are gone")

    monkeypatch.setattr(measures, "embedding_similarity", broken)
    monkeypatch.setattr(measures, "rouge_l", broken)
    events: list[SimpleNamespace] = []
    values = measure_answers(events.append, "m", ["On floor 3.", ""], HeldOut("test", ROWS, frozenset()), seed=0)
    assert values["embedding_similarity"] is None
    assert values["rouge_l"] is None
    assert values["bleu"] is not None
    assert values["exact_match"] == 0.5
    problems = {event.measure: event.problem for event in events if event.type == "evaluation"}
    assert problems["embedding_similarity"] == "embedding_similarity could not be computed: the weights are gone"
    assert problems["bleu"] is None


def test_what_is_known_is_not_embedded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    asked: list[list[str]] = []

    def embed(texts: Sequence[str]) -> object:
        asked.append(list(texts))
        return np.ones((len(texts), 384), dtype=np.float32)

    monkeypatch.setattr("workbench.evaluation.embedding.embed", embed)
    vectors = Vectors({"known": np.zeros(384, dtype=np.float32)})
    assert vectors.of(["known", "new", "new"], keep=True).sum(axis=1).tolist() == [0, 384, 384]
    assert vectors.of(["new", "answer"], keep=False).shape == (2, 384)
    assert asked == [["new"], ["answer"]]
    assert set(vectors.computed) == {"new"}


def test_the_nearest_demonstration_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    places = {"Where is HR?": (1.0, 0.0), "HR, where?": (0.9, 0.1), "Lunch?": (0.0, 1.0)}
    monkeypatch.setattr(
        "workbench.evaluation.embedding.embed", lambda texts: np.array([places[text] for text in texts], np.float32)
    )
    training = [frozen("a", "Lunch?", "At noon.", "train"), frozen("b", "HR, where?", "On floor 3.", "train")]
    assert nearest_responses(["Where is HR?"], training, Vectors()) == (["On floor 3."], ["HR, where?"])

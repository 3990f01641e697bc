"""BLEU, chrF, intervals and calibration against published and hand-worked numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InvalidInput
from workbench.evaluation.additive import corpus_of
from workbench.evaluation.bootstrap import mean_interval, proportion_interval
from workbench.evaluation.calibration import expected_calibration_error
from workbench.evaluation.text_scores import Measure, statistics

# From sacreBLEU's own tests (test_bleu.py, test_sentence_bleu.py, test_chrf.py).
ANSWERS = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."]
REFERENCES = [
    ["The dog bit the man.", "The dog had bit the man."],
    ["It was not unexpected.", "No one was surprised."],
    ["The man bit him first.", "The man had bitten the dog."],
]
ROMANIAN = "Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;"
ROMANIAN_REFERENCE = "producţia de zahăr brut se exprimă în zahăr alb;"


def sentence_bleu(answer: str, reference: str) -> float:
    return statistics("bleu", [answer], [reference]).sentences()[0]


def test_bleu_against_sacrebleus_own_case() -> None:
    assert statistics("bleu", ANSWERS, REFERENCES).corpus().value == pytest.approx(48.530827, abs=1e-6)


def test_bleu_by_hand() -> None:
    # 5 words against 6 of which 5, 3, 1 and 0 n-grams match. With exponential smoothing the missing 4-grams count
    # 1/(2·2): precisions 1, 3/4, 1/3, 1/4; brevity penalty e^(1 − 6/5).
    expected = 100 * math.exp(1 - 6 / 5) * (1 * 3 / 4 * 1 / 3 * 1 / 4) ** 0.25
    assert statistics("bleu", ["a b c e f"], ["a b c d e f"]).corpus().value == pytest.approx(expected)


def test_sentence_bleu_against_sacrebleus_own_case() -> None:
    assert sentence_bleu(ROMANIAN, ROMANIAN_REFERENCE) == pytest.approx(8.493, abs=1e-3)
    assert sentence_bleu("Floor 2", "Floor 2") == pytest.approx(100)
    assert sentence_bleu("", "Floor 2") == 0


@pytest.mark.parametrize(
    ("answers", "references", "value"),
    [(["a"], ["a"], 100.0), (["a", "b"], ["a", "c"], 50.0), (["aa"], ["ab"], 25.0)],
)
def test_chrf_against_sacrebleus_own_cases(answers: list[str], references: list[str], value: float) -> None:
    # There with beta 3; precision equals recall in all three, so beta does not matter.
    assert statistics("chrf", answers, references).corpus().value == pytest.approx(value)


def test_a_score_says_how_it_was_computed() -> None:
    bleu, chrf = (
        statistics("bleu", ["a"], ["a"]).corpus().signature,
        statistics("chrf", ["a"], ["a"]).corpus().signature,
    )
    assert bleu.startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.")
    assert chrf.startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.")


def test_answers_and_references_must_fit() -> None:
    for answers, references in (([], []), (["a"], []), (["a"], ["a", "b"]), (["a"], [[]])):
        with pytest.raises(InvalidInput):
            statistics("bleu", answers, references).corpus()


def test_an_interval_of_one_value_is_that_value() -> None:
    assert mean_interval([0.7]) == (0.7, 0.7)
    assert mean_interval([2.0] * 9) == (2.0, 2.0)


def test_the_interval_of_a_mean_is_near_the_normal_one() -> None:
    # 200 zeros and 200 ones: standard error 0.5 / 20 = 0.025, so about 0.5 ± 0.049.
    low, high = mean_interval([0.0] * 200 + [1.0] * 200, seed=3)
    assert low == pytest.approx(0.451, abs=0.006)
    assert high == pytest.approx(0.549, abs=0.006)
    assert (low, high) == mean_interval([0.0] * 200 + [1.0] * 200, seed=3)


def test_what_has_no_interval() -> None:
    for values in ([], [float("nan")], [float("inf"), 1.0]):
        with pytest.raises(InvalidInput):
            mean_interval(values)


@pytest.mark.parametrize("measure", ["bleu", "chrf"])
def test_a_corpus_interval_holds_the_corpus_score(measure: Measure) -> None:
    answers = [f"the office number {n} is on floor {n % 3}" for n in range(40)]
    references = [f"the office number {n} is on floor {n % 4}" for n in range(40)]
    counts = statistics(measure, answers, references)
    low, high = corpus_of(counts).interval(seed=1, resamples=200)
    assert low < counts.corpus().value < high < 100
    # Equal rows: drawing them again changes nothing.
    equal = statistics(measure, answers[:1] * 5, references[3:4] * 5)
    same = corpus_of(equal).interval(resamples=20)
    assert same[0] == pytest.approx(same[1])


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe 1998, table I (Wilson without continuity correction), and both ends.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (29, 29, 0.8830, 1.0)],
)
def test_wilson_against_newcombe(successes: int, n: int, low: float, high: float) -> None:
    assert proportion_interval(successes, n) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_stays_within_0_and_1_and_holds_the_share(case: tuple[int, int]) -> None:
    successes, n = case
    low, high = proportion_interval(successes, n)
    assert 0 <= low <= successes / n <= high <= 1


def test_no_proportion() -> None:
    for successes, n in ((0, 0), (3, 2), (-1, 2)):
        with pytest.raises(InvalidInput):
            proportion_interval(successes, n)


def test_calibration_by_hand() -> None:
    # Bin 0.9–1: 0.95 stated, 1 of 2 true: gap 0.45. Bin 0.6–0.7: 0.6 stated, 2 of 3 true: gap 0.0667.
    error = expected_calibration_error([0.95, 0.95, 0.6, 0.6, 0.6], [1, 0, 1, 1, 0])
    assert error == pytest.approx(2 / 5 * 0.45 + 3 / 5 * (2 / 3 - 0.6))
    assert expected_calibration_error([1.0, 0.0], [1, 0]) == 0
    assert expected_calibration_error([1.0, 0.0], [0, 1]) == 1


def test_calibration_refuses_what_is_no_probability() -> None:
    for probabilities, outcomes in (([], []), ([0.5], []), ([1.5], [1]), ([float("nan")], [1])):
        with pytest.raises(InvalidInput):
            expected_calibration_error(probabilities, outcomes)

"""BLEU and chrF by sacreBLEU, each with the signature that makes a number comparable.

Sources: Papineni et al. 2002 (BLEU), Popović 2015 (chrF), Post 2018 (signatures). Values run from 0 to 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from workbench.errors import InvalidInput

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric

Measure = Literal["bleu", "chrf"]
References = Sequence[str] | Sequence[Sequence[str]]
"""One human response for each answer, or several for each."""


@dataclass(frozen=True, slots=True)
class Score:
    """A value from 0 to 100 and the settings it was computed with."""

    value: float
    signature: str


def corpus_bleu(answers: Sequence[str], references: References) -> Score:
    """BLEU of all answers together (13a tokens, exponential smoothing).

    Raises:
        InvalidInput: no answers, or not one reference for each.
    """
    return _corpus_score("bleu", answers, references)


def corpus_chrf(answers: Sequence[str], references: References) -> Score:
    """chrF2 of all answers together: character n-grams up to 6, no word n-grams.

    Raises:
        InvalidInput: no answers, or not one reference for each.
    """
    return _corpus_score("chrf", answers, references)


def sentence_bleu(answer: str, reference: str) -> float:
    """BLEU of one answer: n-gram orders longer than the answer do not count (effective order).

    For looking at rows only: the mean of sentence BLEUs is not the corpus BLEU.
    """
    return float(_metric("sentence_bleu").sentence_score(answer, [reference]).score)


def row_statistics(measure: Measure, answers: Sequence[str], references: References) -> list[list[float]]:
    """The counts of each row that add up to the corpus score, for resampling rows without counting again."""
    metric = _metric(measure)
    # sacreBLEU's own significance tests work on these statistics; there is no public name for them.
    statistics: list[list[float]] = metric._extract_corpus_statistics(list(answers), _streams(answers, references))
    return statistics


def score_of_statistics(measure: Measure, summed: list[Any]) -> float:
    """The corpus score of rows whose statistics have been summed."""
    score = _metric(measure)._compute_score_from_stats(summed).score
    return float(score)


def _corpus_score(measure: Measure, answers: Sequence[str], references: References) -> Score:
    metric = _metric(measure)
    score = metric.corpus_score(list(answers), _streams(answers, references))
    return Score(float(score.score), str(metric.get_signature()))


def _streams(answers: Sequence[str], references: References) -> list[list[Any]]:
    """References as sacreBLEU wants them: one list per reference position, padded with None."""
    if not answers:
        raise InvalidInput("There are no answers to score.")
    if len(answers) != len(references):
        raise InvalidInput(f"There are {len(answers)} answers but {len(references)} references.")
    rows = [[row] if isinstance(row, str) else list(row) for row in references]
    if not all(rows):
        raise InvalidInput("Every answer needs at least one reference.")
    width = max(len(row) for row in rows)
    return [[row[i] if i < len(row) else None for row in rows] for i in range(width)]


@cache
def _metric(name: Literal["bleu", "chrf", "sentence_bleu"]) -> Metric:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    if name == "chrf":
        return CHRF()
    return BLEU(effective_order=name == "sentence_bleu")

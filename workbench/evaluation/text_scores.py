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
    import numpy as np
    from sacrebleu.metrics.base import Metric

Measure = Literal["bleu", "chrf"]
References = Sequence[str] | Sequence[Sequence[str]]
"""One human response for each answer, or several for each."""


@dataclass(frozen=True, slots=True)
class Score:
    """A value from 0 to 100 and the settings it was computed with."""

    value: float
    signature: str


@dataclass(frozen=True, slots=True)
class Statistics:
    """What one pass over the texts counts; every value below follows from it without reading them again."""

    measure: Measure
    rows: np.ndarray
    """Counts of shape (answers, counts); those of a corpus are the sums of its rows."""

    def corpus(self) -> Score:
        """The score of all rows as one corpus."""
        return Score(self.of(self.rows.sum(axis=0)), str(_metric(self.measure).get_signature()))

    def of(self, summed: np.ndarray) -> float:
        """The corpus score of rows whose counts have been summed."""
        return _score(self.measure, summed)

    def sentences(self) -> list[float]:
        """The score of each row alone; n-gram orders longer than an answer do not count (effective order).

        For looking at rows only: the mean of sentence BLEUs is not the corpus BLEU.
        """
        name: Literal["sentence_bleu", "chrf"] = "sentence_bleu" if self.measure == "bleu" else "chrf"
        return [_score(name, row) for row in self.rows]


def statistics(measure: Measure, answers: Sequence[str], references: References) -> Statistics:
    """Count the n-grams of all rows, once.

    Raises:
        InvalidInput: no answers, or not one reference for each.
    """
    import numpy as np

    # sacreBLEU's own significance tests work on these statistics; there is no public name for them.
    counts = _metric(measure)._extract_corpus_statistics(list(answers), _streams(answers, references))
    return Statistics(measure, np.asarray(counts))


def _score(name: Literal["bleu", "chrf", "sentence_bleu"], counts: np.ndarray) -> float:
    # A corpus of weighted rows has whole counts, too, but as floating-point numbers.
    return float(_metric(name)._compute_score_from_stats([int(count) for count in counts]).score)


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

"""Every measure of answers to held-out prompts: how it is computed for each row, and how rows make one value.

A measure that cannot be computed says why; the others are computed all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workbench.evaluation.additive import Additive, corpus_of, mean_of, perplexity_of
from workbench.evaluation.embedding import SIGNATURE as EMBEDDING_SIGNATURE
from workbench.evaluation.embedding import Vectors, embedding_similarity
from workbench.evaluation.fact_differences import fact_differences
from workbench.evaluation.facts import FactRow, fact_accuracy
from workbench.evaluation.held_out import HeldOut
from workbench.evaluation.perplexity import SIGNATURE as PERPLEXITY_SIGNATURE
from workbench.evaluation.perplexity import ReferenceLoss
from workbench.evaluation.rouge import SIGNATURE as ROUGE_SIGNATURE
from workbench.evaluation.rouge import rouge_l
from workbench.evaluation.text_scores import Measure, Statistics, statistics

MEASURES = (
    "bleu",
    "chrf",
    "rouge_l",
    "embedding_similarity",
    "exact_match",
    "fact_accuracy",
    "changed_facts",
    "perplexity",
    "length",
)
"""In the order in which they are shown."""
REFERENCE_TOKENS = "reference_tokens"
"""Kept beside each row's perplexity: how many tokens it is the mean of."""
SIGNATURES = {
    "rouge_l": ROUGE_SIGNATURE,
    "embedding_similarity": EMBEDDING_SIGNATURE,
    "perplexity": PERPLEXITY_SIGNATURE,
}

Column = list[float | None]


@dataclass(slots=True)
class Measured:
    """What was measured of one model's answers."""

    columns: dict[str, Column] = field(default_factory=dict)
    """A value for each row, by measure."""
    problems: dict[str, str] = field(default_factory=dict)
    """Why a measure is missing."""
    counted: dict[str, Statistics] = field(default_factory=dict)
    """N-gram counts of BLEU and chrF."""

    def additive(self, measure: str) -> Additive:
        """The measure over all rows.

        Raises:
            KeyError: it could not be computed.
        """
        if measure in self.counted:
            return corpus_of(self.counted[measure])
        if measure == "perplexity":
            return perplexity_of(self.columns[measure], self.columns[REFERENCE_TOKENS])
        return mean_of(self.columns[measure])

    def signature(self, measure: str) -> str:
        """How the value was computed."""
        if measure in self.counted:
            return self.counted[measure].corpus().signature
        return SIGNATURES.get(measure, "mean over prompts")

    def row(self, index: int) -> dict[str, float | None]:
        """All values of one row."""
        return {name: column[index] for name, column in self.columns.items()}


def measure_rows(
    answers: Sequence[str],
    held_out: HeldOut,
    vectors: Vectors,
    losses: Sequence[ReferenceLoss] | None = None,
) -> Measured:
    """Compute each measure of each answer.

    Args:
        answers: in the order of ``held_out.rows``.
        held_out: prompts and human responses.
        vectors: embeddings that are known already.
        losses: those of the human responses under the model, where it is at hand.
    """
    rows = held_out.rows
    references = [row.response for row in rows]
    measured = Measured()
    for name in ("bleu", "chrf"):
        _attempt(measured, name, lambda name=name: _counted(measured, name, answers, references))  # type: ignore[misc]
    computations: dict[str, Callable[[], Column]] = {
        "rouge_l": lambda: [rouge_l(*pair) for pair in zip(answers, references, strict=True)],
        "embedding_similarity": lambda: list(map(float, embedding_similarity(answers, references, vectors))),
        "exact_match": lambda: [float(is_exact(*pair)) for pair in zip(answers, references, strict=True)],
        "fact_accuracy": lambda: _fact_flags(answers, held_out),
        "changed_facts": lambda: [
            float(bool(fact_differences(answer, row.response, row.prompt).foreign))
            for answer, row in zip(answers, rows, strict=True)
        ],
        "length": lambda: [float(len(answer.split())) for answer in answers],
    }
    for name, compute in computations.items():
        _attempt(measured, name, compute)
    if not any(row.key_facts for row in rows):
        measured.problems["fact_accuracy"] = "The demonstrations do not say what their key facts are."
    if losses is not None:
        measured.columns["perplexity"] = [loss.perplexity for loss in losses]
        measured.columns[REFERENCE_TOKENS] = [float(loss.tokens) for loss in losses]
    return measured


def _attempt(measured: Measured, name: str, compute: Callable[[], Column]) -> None:
    try:
        measured.columns[name] = compute()
    except Exception as error:  # another measure's failure must not hide the rest
        measured.counted.pop(name, None)
        measured.problems[name] = f"{name} could not be computed: {error}"


def _counted(measured: Measured, name: Measure, answers: Sequence[str], references: Sequence[str]) -> Column:
    measured.counted[name] = statistics(name, answers, references)
    return list(measured.counted[name].sentences())


def is_exact(answer: str, reference: str) -> bool:
    """Whether an answer says the human response word for word."""
    return _plain(answer) == _plain(reference)


def _plain(text: str) -> str:
    """The text as exact match sees it: case, spacing and a final full stop do not count."""
    return " ".join(text.casefold().split()).rstrip(".")


def _fact_flags(answers: Sequence[str], held_out: HeldOut) -> Column:
    rows = [
        FactRow(answer, row.key_facts or (), f"{row.prompt}\n{row.response}")
        for answer, row in zip(answers, held_out.rows, strict=True)
    ]
    return [None if flag is None else float(flag) for flag in fact_accuracy(rows, held_out.known_values)]

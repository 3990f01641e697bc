"""Answers of several models to the same prompts, from what was kept of each: tables, parts of the data, differences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from workbench.evaluation.additive import Additive, Difference, corpus_of, mean_of, paired_difference, perplexity_of
from workbench.evaluation.fact_differences import fact_differences
from workbench.evaluation.measures import REFERENCE_TOKENS, is_exact
from workbench.evaluation.quadrant import Corner, corner_of
from workbench.evaluation.rouge import rouge_l
from workbench.evaluation.text_scores import statistics

Part = Literal["held_out", "tag", "source"]
UNTOLD = "(not told)"


class Answered(Protocol):
    """What is kept of one answer."""

    @property
    def model_id(self) -> str: ...
    @property
    def demonstration_id(self) -> str | None: ...
    @property
    def prompt(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def response(self) -> str: ...
    @property
    def measures(self) -> dict[str, float | None]: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def source(self) -> str: ...
    @property
    def held_out(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of one model on some prompts."""

    value: float
    ci_low: float
    ci_high: float
    n: int


def question_of(row: Answered) -> str:
    """What was asked: the same prompt may stand in several demonstrations."""
    return row.demonstration_id or row.prompt


def aligned(columns: Mapping[str, Sequence[Answered]]) -> dict[str, list[Answered]]:
    """The rows of each model in one order, reduced to the questions that all of them answered.

    Questions count as the same only where prompt and human response are.
    """
    keyed = {
        name: {(question_of(row), row.prompt, row.reference): row for row in rows} for name, rows in columns.items()
    }
    if not keyed:
        return {}
    first, *others = keyed.values()
    shared = [key for key in first if all(key in other for other in others)]
    return {name: [rows[key] for key in shared] for name, rows in keyed.items()}


def additive_of(measure: str, rows: Sequence[Answered]) -> Additive | None:
    """A measure over rows; None where no row has it."""
    if not rows:
        return None
    if measure in ("bleu", "chrf"):
        counted = statistics(
            "bleu" if measure == "bleu" else "chrf", [row.response for row in rows], [row.reference for row in rows]
        )
        return corpus_of(counted)
    if measure == "perplexity":
        perplexities = [row.measures.get(measure) for row in rows]
        found = perplexity_of(perplexities, [row.measures.get(REFERENCE_TOKENS) for row in rows])
    else:
        found = mean_of([value_of(measure, row) for row in rows])
    return found if found.n else None


def value_of(measure: str, row: Answered) -> float | None:
    """A measure of one answer; what follows from the texts alone is computed where it was not kept."""
    if measure in row.measures:
        return row.measures[measure]
    if measure == "rouge_l":
        return rouge_l(row.response, row.reference)
    if measure == "exact_match":
        return float(is_exact(row.response, row.reference))
    if measure == "changed_facts":
        return float(bool(fact_differences(row.response, row.reference, row.prompt).foreign))
    return None


def figure_of(measure: str, rows: Sequence[Answered], seed: int = 0) -> Figure | None:
    """A measure with its 95% interval; None where no row has it."""
    additive = additive_of(measure, rows)
    if additive is None:
        return None
    return Figure(additive.value, *additive.interval(seed), additive.n)


def difference_of(
    measure: str, first: Sequence[Answered], second: Sequence[Answered], seed: int = 0
) -> Difference | None:
    """The second minus the first on the same prompts, by paired bootstrap; None where one of them lacks the measure."""
    a, b = additive_of(measure, first), additive_of(measure, second)
    return None if a is None or b is None else paired_difference(a, b, seed)


def parts_of(row: Answered, part: Part) -> tuple[str, ...]:
    """The groups that a row belongs to; several where it has several tags."""
    if part == "tag":
        return row.tags or (UNTOLD,)
    return ((row.held_out if part == "held_out" else row.source) or UNTOLD,)


def groups(rows: Sequence[Answered], part: Part, most: int = 12) -> dict[str, list[int]]:
    """Positions of the rows in each group, the largest groups first."""
    sizes = Counter(name for row in rows for name in parts_of(row, part))
    return {
        name: [index for index, row in enumerate(rows) if name in parts_of(row, part)]
        for name, _ in sizes.most_common(most)
    }


def corner_of_row(row: Answered) -> Corner | None:
    """Where an answer lies in the plane of BLEU and embedding similarity; None where one of them is missing."""
    bleu, similarity = row.measures.get("bleu"), row.measures.get("embedding_similarity")
    if bleu is None or similarity is None:
        return None
    return corner_of(bleu, similarity, bool(fact_differences(row.response, row.reference, row.prompt)))

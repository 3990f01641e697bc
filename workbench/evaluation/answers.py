"""Answers to held-out prompts beside the human ones, with every measure, its interval and its signature."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.evaluation.bootstrap import corpus_interval, mean_interval
from workbench.evaluation.facts import FactRow, fact_accuracy
from workbench.evaluation.text_scores import corpus_bleu, corpus_chrf, sentence_bleu
from workbench.runs.events import Answer, Evaluation
from workbench.runs.frozen_data import FrozenDemonstration
from workbench.runs.progress import ProgressReporter

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MEASURES = ("bleu", "chrf", "embedding_similarity", "fact_accuracy", "length")
Emit = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The prompts that a model answers, and what it takes to judge the answers."""

    split: str
    rows: tuple[FrozenDemonstration, ...]
    known_values: frozenset[str]
    """Key facts of all demonstrations: an answer that states a wrong one is recognised by them."""

    @classmethod
    def choose(cls, rows: Sequence[FrozenDemonstration], split: str, limit: int | None) -> HeldOut:
        """The demonstrations of one split; with a limit, a part of them that does not depend on their order."""
        chosen = sorted((row for row in rows if row.split == split), key=_stable_key)
        known = frozenset(fact for row in rows for fact in row.key_facts or ())
        return cls(split, tuple(chosen if limit is None else chosen[:limit]), known)


def evaluate_answers(
    emit: Emit,
    model_id: str,
    model: PreTrainedModel | PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    held_out: HeldOut,
    *,
    max_new_tokens: int,
    seed: int,
    phase: str,
) -> dict[str, float | None]:
    """Let a model answer, emit an Answer for each prompt and an Evaluation for each measure.

    Answers are the likeliest ones (temperature 0). A measure that cannot be computed is None and says why.

    Returns:
        Each measure's value by name.
    """
    from workbench.models.generation import generate

    prompts = [row.prompt for row in held_out.rows]
    reporter = ProgressReporter(emit, phase)
    answers = generate(model, tokenizer, prompts, max_new_tokens=max_new_tokens, on_progress=reporter)
    return measure_answers(emit, model_id, answers, held_out, seed=seed)


def measure_answers(
    emit: Emit, model_id: str, answers: Sequence[str], held_out: HeldOut, *, seed: int
) -> dict[str, float | None]:
    """Emit the Answer and Evaluation events of answers that are there already."""
    rows = held_out.rows
    references = [row.response for row in rows]
    columns, problems = _row_measures(answers, held_out)
    for index, (row, answer) in enumerate(zip(rows, answers, strict=True)):
        measures = {name: values[index] for name, values in columns.items()}
        emit(
            Answer(
                model_id=model_id,
                demonstration_id=row.id,
                prompt=row.prompt,
                reference=row.response,
                response=answer,
                measures=measures,
            )
        )
    evaluations = [
        _corpus_evaluation("bleu", answers, references, seed),
        _corpus_evaluation("chrf", answers, references, seed),
        *(_mean_evaluation(name, columns.get(name), problems.get(name), seed) for name in MEASURES[2:]),
    ]
    for evaluation in evaluations:
        emit(evaluation.model_copy(update={"model_id": model_id, "split": held_out.split}))
    return {evaluation.measure: evaluation.value for evaluation in evaluations}


def _row_measures(answers: Sequence[str], held_out: HeldOut) -> tuple[dict[str, list[float | None]], dict[str, str]]:
    """Per-row values of each measure, and why a measure is missing."""
    rows = held_out.rows
    problems: dict[str, str] = {}
    columns: dict[str, list[float | None]] = {
        "bleu": [sentence_bleu(answer, row.response) for answer, row in zip(answers, rows, strict=True)],
        "length": [float(len(answer.split())) for answer in answers],
        "fact_accuracy": _fact_flags(answers, held_out),
    }
    try:
        from workbench.evaluation.embedding import embedding_similarity

        similarity = embedding_similarity(list(answers), [row.response for row in rows])
        columns["embedding_similarity"] = [float(value) for value in similarity]
    except Exception as error:  # another measure's failure must not hide the rest
        problems["embedding_similarity"] = f"The sentence embeddings could not be computed: {error}"
    if not any(row.key_facts for row in rows):
        problems["fact_accuracy"] = "The demonstrations do not say what their key facts are."
    return columns, problems


def _fact_flags(answers: Sequence[str], held_out: HeldOut) -> list[float | None]:
    rows = [
        FactRow(answer, row.key_facts or (), f"{row.prompt}\n{row.response}")
        for answer, row in zip(answers, held_out.rows, strict=True)
    ]
    return [None if flag is None else float(flag) for flag in fact_accuracy(rows, held_out.known_values)]


def _corpus_evaluation(measure: Any, answers: Sequence[str], references: list[str], seed: int) -> Evaluation:
    compute = corpus_bleu if measure == "bleu" else corpus_chrf
    try:
        score = compute(answers, references)
        low, high = corpus_interval(measure, answers, references, seed)
    except Exception as error:
        return _missing(measure, len(answers), f"{measure} could not be computed: {error}")
    return Evaluation(
        model_id="",
        split="",
        measure=measure,
        value=score.value,
        ci_low=low,
        ci_high=high,
        n=len(answers),
        signature=score.signature,
    )


def _mean_evaluation(name: str, column: list[float | None] | None, problem: str | None, seed: int) -> Evaluation:
    values = [value for value in column or [] if value is not None and math.isfinite(value)]
    if problem is not None or not values:
        return _missing(name, len(values), problem or "There is no answer to measure.")
    low, high = mean_interval(values, seed)
    return Evaluation(
        model_id="",
        split="",
        measure=name,
        value=sum(values) / len(values),
        ci_low=low,
        ci_high=high,
        n=len(values),
        signature="mean over prompts, 95% percentile bootstrap",
    )


def _missing(measure: str, n: int, problem: str) -> Evaluation:
    return Evaluation(model_id="", split="", measure=measure, value=None, n=n, problem=problem)


def _stable_key(row: FrozenDemonstration) -> str:
    return hashlib.sha256(f"{row.prompt}\x1f{row.response}".encode()).hexdigest()

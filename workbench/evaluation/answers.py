"""Answers to held-out prompts beside the human ones, with every measure, its interval and its signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.evaluation.held_out import HeldOut
from workbench.evaluation.measures import MEASURES, Measured, measure_rows
from workbench.evaluation.perplexity import ReferenceLoss, answers_and_losses
from workbench.evaluation.retrieval import RETRIEVAL, nearest_responses
from workbench.runs.events import Answer, Evaluation, Notice
from workbench.runs.frozen_data import FrozenDemonstration
from workbench.runs.progress import ProgressReporter

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Emit = Callable[[Any], None]


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
    answers, losses = answers_and_losses(
        model,
        tokenizer,
        [row.prompt for row in held_out.rows],
        [row.response for row in held_out.rows],
        max_new_tokens=max_new_tokens,
        on_progress=ProgressReporter(emit, phase),
    )
    return measure_answers(emit, model_id, answers, held_out, seed=seed, losses=losses)


def evaluate_retrieval(
    emit: Emit, held_out: HeldOut, training: Sequence[FrozenDemonstration], *, seed: int
) -> dict[str, float | None]:
    """The same for the answers of the nearest training demonstration; empty, with a Notice, where they fail."""
    try:
        answers, _ = nearest_responses([row.prompt for row in held_out.rows], training, held_out.vectors)
    except Exception as error:  # a baseline that cannot be had must not cost the run its result
        emit(Notice(message=f"The retrieval baseline could not be computed: {error}"))
        return {}
    return measure_answers(emit, RETRIEVAL, answers, held_out, seed=seed)


def measure_answers(
    emit: Emit,
    model_id: str,
    answers: Sequence[str],
    held_out: HeldOut,
    *,
    seed: int,
    losses: Sequence[ReferenceLoss] | None = None,
) -> dict[str, float | None]:
    """Emit the Answer and Evaluation events of answers that are there already.

    Args:
        losses: those of the human responses under the model; without them there is no perplexity.
    """
    measured = measure_rows(answers, held_out, held_out.vectors, losses)
    for index, (row, answer) in enumerate(zip(held_out.rows, answers, strict=True)):
        emit(
            Answer(
                model_id=model_id,
                demonstration_id=row.id,
                prompt=row.prompt,
                reference=row.response,
                response=answer,
                measures=measured.row(index),
                tags=row.tags,
                source=row.source,
                held_out=row.held_out,
            )
        )
    values: dict[str, float | None] = {}
    for name in MEASURES:
        if name == "perplexity" and losses is None:
            continue
        evaluation = _evaluation(name, measured, len(answers), seed)
        emit(evaluation.model_copy(update={"model_id": model_id, "split": held_out.split}))
        values[name] = evaluation.value
    return values


def _evaluation(name: str, measured: Measured, n: int, seed: int) -> Evaluation:
    empty = Evaluation(model_id="", split="", measure=name, value=None, n=n)
    if name in measured.problems:
        return empty.model_copy(update={"problem": measured.problems[name]})
    try:
        additive = measured.additive(name)
        if not additive.n:
            return empty.model_copy(update={"n": 0, "problem": "There is no answer to measure."})
        low, high = additive.interval(seed)
    except Exception as error:
        return empty.model_copy(update={"problem": f"{name} could not be computed: {error}"})
    return empty.model_copy(
        update={
            "value": additive.value,
            "ci_low": low,
            "ci_high": high,
            "n": additive.n,
            "signature": measured.signature(name),
        }
    )

"""One evaluation run: several models answer the same held-out prompts."""

from __future__ import annotations

import time

from workbench.errors import NotReady
from workbench.evaluation.answers import HeldOut, evaluate_answers
from workbench.evaluation.config import EvaluationConfig
from workbench.models.spec import ModelSpec
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Stopped
from workbench.runs.frozen_data import read_demonstrations


def run(context: RunContext) -> Finished | Stopped:
    """Answer and measure, one model after the other.

    Raises:
        NotReady: the split has no demonstration.
    """
    from workbench.models.loading import load_merged, load_tokenizer

    began = time.monotonic()
    config = EvaluationConfig.model_validate(context.dir.config["config"])
    held_out = HeldOut.choose(read_demonstrations(context.dir.data), config.split, config.limit)
    if not held_out.rows:
        raise NotReady(f"No approved demonstration is in the {config.split} split, so there is nothing to answer.")
    measures: dict[str, dict[str, float | None]] = {}
    for position, model_id in enumerate(config.model_ids):
        if context.stop_requested():
            return Stopped(step=position)
        spec = ModelSpec.model_validate(context.dir.config["models"][model_id])
        measures[model_id] = evaluate_answers(
            context.emit,
            model_id,
            load_merged(spec, context.dir.workspace),
            load_tokenizer(spec),
            held_out,
            max_new_tokens=config.max_new_tokens,
            seed=config.seed,
            phase=f"answering ({model_id})",
        )
    return Finished(
        summary={
            "measures": measures,
            "held_out_prompts": len(held_out.rows),
            "seconds": time.monotonic() - began,
        }
    )

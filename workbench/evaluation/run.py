"""One evaluation run: several models answer the same held-out prompts."""

from __future__ import annotations

import time
from typing import Any

from workbench.errors import NotReady
from workbench.evaluation.answers import evaluate_answers, evaluate_retrieval
from workbench.evaluation.config import EvaluationConfig
from workbench.evaluation.embedding import Vectors
from workbench.evaluation.held_out import HeldOut
from workbench.evaluation.retrieval import RETRIEVAL, retrievable
from workbench.models.spec import ModelSpec
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Stopped
from workbench.runs.frozen_data import EMBEDDINGS_FILE, read_demonstrations, read_embeddings
from workbench.runs.vectors import keep_vectors


def run(context: RunContext) -> Finished | Stopped:
    """Answer and measure, one model after the other.

    Raises:
        NotReady: the split has no demonstration.
    """
    began = time.monotonic()
    config = EvaluationConfig.model_validate(context.dir.config["config"])
    rows = read_demonstrations(context.dir.data)
    vectors = Vectors(read_embeddings(context.dir.data / EMBEDDINGS_FILE))
    held_out = HeldOut.choose(rows, config.split, config.limit, vectors)
    if not held_out.rows:
        raise NotReady(f"No approved demonstration is in the {config.split} split, so there is nothing to answer.")
    measures: dict[str, dict[str, float | None]] = {}
    for position, model_id in enumerate(config.model_ids):
        if context.stop_requested():
            return Stopped(step=position)
        measures[model_id] = _answered(context, config, model_id, held_out)
    if config.split != "train":  # its own response would be the nearest
        measures[RETRIEVAL] = evaluate_retrieval(context.emit, held_out, retrievable(rows), seed=config.seed)
    keep_vectors(context, vectors)
    return Finished(
        summary={
            "measures": measures,
            "held_out_prompts": len(held_out.rows),
            "seconds": time.monotonic() - began,
        }
    )


def _answered(
    context: RunContext, config: EvaluationConfig, model_id: str, held_out: HeldOut
) -> dict[str, float | None]:
    """Let one model answer, on the GPU where there is one; its measures."""
    import torch

    from workbench.models.download import fetch_base
    from workbench.models.loading import load_merged, load_tokenizer

    spec = ModelSpec.model_validate(context.dir.config["models"][model_id])
    fetch_base(context, spec)
    device: Any = "cuda" if torch.cuda.is_available() else "cpu"
    return evaluate_answers(
        context.emit,
        model_id,
        load_merged(spec, context.dir.workspace).to(device),
        load_tokenizer(spec),
        held_out,
        max_new_tokens=config.max_new_tokens,
        seed=config.seed,
        phase=f"answering ({model_id})",
    )

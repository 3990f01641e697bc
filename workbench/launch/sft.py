"""Starting SFT runs and evaluations on the demonstrations."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from workbench.demonstrations.snapshots import freeze_demonstrations
from workbench.errors import InvalidInput, NotReady
from workbench.evaluation.config import EvaluationConfig
from workbench.evaluation.retrieval import retrievable
from workbench.launch.checks import require_language_model
from workbench.launch.queueing import launch_run
from workbench.models.loading import is_hub_id
from workbench.models.registry import RegisteredModel
from workbench.runs.frozen_data import EMBEDDINGS_FILE, read_demonstrations, write_embeddings
from workbench.sft.config import SFTConfig
from workbench.workspace import Workspace


def launch_sft(ws: Workspace, config: SFTConfig, created_by: str) -> str:
    """Queue an SFT run on the approved demonstrations; returns its id.

    Raises:
        NotReady: no approved demonstration is in the training split.
        NotFound, InvalidInput: the start model does not exist, or is not a language model.
    """
    model = _start_model(ws, config)
    if not ws.demonstrations.count(status="approved", split="train"):
        raise NotReady("There is no approved demonstration to train on: write, import or load some first.")
    return launch_run(ws, "sft", config, created_by, [model], lambda data: _freeze_with_embeddings(ws, data, "test"))


def launch_evaluation(ws: Workspace, config: EvaluationConfig, created_by: str) -> str:
    """Queue an evaluation run; returns its id.

    Raises:
        NotReady: the split has no approved demonstration.
        NotFound, InvalidInput: a model does not exist, or is not a language model.
    """
    models = [require_language_model(ws, model_id) for model_id in config.model_ids]
    if not ws.demonstrations.count(status="approved", split=config.split):
        raise NotReady(f"No approved demonstration is in the {config.split} split, so there is nothing to answer.")
    freeze = partial(_freeze_with_embeddings, ws, split=config.split)
    return launch_run(ws, "evaluation", config, created_by, models, freeze)


def _start_model(ws: Workspace, config: SFTConfig) -> RegisteredModel:
    """The model that SFT starts from, a hub model at a commit that cannot move.

    Raises:
        ModelError: the hub knows no such model, or cannot be asked.
        InvalidInput: the method cannot be used with it here.
    """
    model = require_language_model(ws, config.model_id)
    if config.method == "qlora":
        from workbench.models.machine import qlora_problem

        if problem := qlora_problem():
            raise InvalidInput(problem)
    spec = model.spec
    if config.revision is not None:
        if not is_hub_id(spec.base):
            raise InvalidInput(f"'{config.model_id}' does not come from Hugging Face, so it has no revisions.")
        spec = spec.model_copy(update={"revision": config.revision})
    if is_hub_id(spec.base):
        from workbench.models.hub import pinned

        spec = pinned(spec)
    return replace(model, spec=spec)


def _freeze_with_embeddings(ws: Workspace, data: Path, split: str) -> None:
    """The approved demonstrations, and what is known already of the embeddings that an evaluation asks for."""
    freeze_demonstrations(ws, data)
    rows = read_demonstrations(data)
    texts = {text for row in rows if row.split == split for text in (row.prompt, row.response)}
    texts.update(row.prompt for row in retrievable(rows))
    if known := ws.embeddings.of_prompts(sorted(texts)):
        write_embeddings(data / EMBEDDINGS_FILE, known)

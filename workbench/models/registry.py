"""The models of a workspace, by id, and where each came from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import NotFound
from workbench.models.loading import base_source
from workbench.models.spec import ModelSpec
from workbench.runs.events import ModelKind

if TYPE_CHECKING:
    from storage.models import Model
    from workbench.workspace import Workspace

REWARD_MODELS: tuple[ModelKind, ...] = ("reward_model",)
LANGUAGE_MODELS: tuple[ModelKind, ...] = ("base", "sft", "ppo", "dpo", "rloo")
"""Kinds of models that answer, in the order of the steps; the others score."""


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A model that can answer or score, and its lineage."""

    id: str
    name: str
    kind: ModelKind
    spec: ModelSpec
    run_id: str | None
    parent_id: str | None
    created_at: datetime


def get_model(workspace: Workspace, model_id: str) -> RegisteredModel:
    """The model of that id.

    Raises:
        NotFound: there is none; the message lists those there are.
    """
    models = {model.id: model for model in list_models(workspace)}
    if model_id not in models:
        raise NotFound(f"There is no model '{model_id}'; this workspace has: {', '.join(models)}.")
    return models[model_id]


def find_language_model(workspace: Workspace, name: str) -> RegisteredModel:
    """A model of this workspace by id, or a base model from outside: a local folder or a Hugging Face id.

    Raises:
        NotFound: the name is neither.
        ModelError: the folder exists and holds no usable model.
    """
    if "/" not in name and "\\" not in name and not Path(name).is_dir():
        return get_model(workspace, name)
    spec = ModelSpec(base=name)
    base_source(spec)
    return RegisteredModel(name, name, "base", spec, run_id=None, parent_id=None, created_at=datetime.now(UTC))


def list_models(workspace: Workspace, kinds: Collection[ModelKind] | None = None) -> list[RegisteredModel]:
    """All models, oldest first; only those of ``kinds`` where given."""
    rows = [_from_row(row) for row in workspace.models.list()]
    rows.sort(key=lambda model: model.created_at)
    return [row for row in rows if kinds is None or row.kind in kinds]


def newest_model(workspace: Workspace, kind: ModelKind) -> RegisteredModel | None:
    """The last model of that kind that is what its run came to, None where there is none yet.

    A checkpoint that a verdict put beside it counts only where nothing else is there.
    """
    models = list_models(workspace, (kind,))
    outcomes = [model for model in models if model.run_id in (None, model.id)] or models
    return outcomes[-1] if outcomes else None


def _from_row(row: Model) -> RegisteredModel:
    return RegisteredModel(
        id=row.id,
        name=row.name,
        kind=row.kind,
        spec=ModelSpec.model_validate(row.spec),
        run_id=row.run_id,
        parent_id=row.parent_id,
        created_at=row.created_at,
    )

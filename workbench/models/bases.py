"""Base models that a team brings into its workspace: a local folder, or a Hugging Face id at a fixed commit."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from storage.models import Model
from workbench.errors import InvalidInput, ModelError
from workbench.models.facts import ModelFacts
from workbench.models.inspecting import inspect_model
from workbench.models.registry import RegisteredModel, get_model
from workbench.models.spec import EMBEDDED, ModelSpec

if TYPE_CHECKING:
    from workbench.workspace import Workspace

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


def add_base_model(
    ws: Workspace, name: str, revision: str | None = None, model_id: str | None = None
) -> RegisteredModel:
    """Put a base model on the workspace's list. Weights stay where they are, or are fetched by the first run.

    Args:
        name: a model folder, or a Hugging Face id.
        revision: branch, tag or commit of the latter; its commit is kept.
        model_id: how it is called here; made from the name where None.

    Raises:
        ModelError: there is no such model, or it cannot be used.
        InvalidInput: the id is taken or is none.
    """
    spec, facts = look_at(name, revision)
    if facts.problems:
        raise ModelError(" ".join(facts.problems))
    if facts.source == "hub":
        spec = spec.model_copy(update={"revision": facts.revision})
    model_id = _id_of(model_id or Path(name).name)
    for known in ws.models.list(kind="base"):
        if ModelSpec.model_validate(known.spec) == spec:
            raise InvalidInput(f"{name} is in this workspace already, as '{known.id}'.")
    ws.models.add(Model(model_id, Path(name).name, "base", spec.model_dump(mode="json"), None, None, datetime.now(UTC)))
    return get_model(ws, model_id)


def look_at(name: str, revision: str | None = None) -> tuple[ModelSpec, ModelFacts]:
    """What a name stands for, before it is added.

    Raises:
        ModelError: there is no such model.
        InvalidInput: no name.
    """
    name = name.strip()
    if not name:
        raise InvalidInput("Give a Hugging Face id (owner/name) or the folder of a model.")
    path = Path(name).expanduser()
    if name != EMBEDDED and path.is_dir():
        name = str(path.resolve())
    spec = ModelSpec(base=name, revision=(revision or "").strip() or None)
    return spec, inspect_model(spec)


def remove_base_model(ws: Workspace, model_id: str) -> None:
    """Take a base model off the list; its files stay.

    Raises:
        NotFound: there is none of that id.
        InvalidInput: it is no base model that was added, or another model was made from it.
    """
    model = get_model(ws, model_id)
    if model.kind != "base" or model.spec.base == EMBEDDED:
        raise InvalidInput(f"'{model_id}' is no base model that was added; remove the run that made it instead.")
    made = [row.id for row in ws.models.list() if row.parent_id == model_id]
    if made:
        raise InvalidInput(f"'{model_id}' is the base of {', '.join(made)}: remove those first.")
    ws.models.delete(model_id)


def _id_of(name: str) -> str:
    made = re.sub(r"[^a-z0-9._-]+", "-", name.casefold()).strip("-.")
    if not _ID.fullmatch(made):
        raise InvalidInput(f"'{name}' is no id for a model: use letters, digits, dots and dashes.")
    return made

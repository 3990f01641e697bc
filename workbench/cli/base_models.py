"""`workbench models look | add | remove`: base models that a team brings along."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.output import (
    JsonOption,
    WorkspaceOption,
    open_workspace,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from workbench.models.facts import ModelFacts

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="A model folder, or a Hugging Face id (owner/name), or 'embedded'.")
]
RevisionOption = Annotated[
    str | None, typer.Option(help="Branch, tag or commit of a Hugging Face id. Default: its main branch.")
]


def add_commands(models_app: typer.Typer) -> None:
    """Hang these commands under `workbench models`."""
    models_app.command("look")(look)
    models_app.command("add")(add)
    models_app.command("remove")(remove)


def look(name: NameArgument, revision: RevisionOption = None, as_json: JsonOption = False) -> None:
    """Say what a base model is and what would have to be downloaded; nothing is."""
    from workbench.models.bases import look_at

    _, facts = look_at(name, revision)
    _print_facts(facts, as_json)


def add(
    name: NameArgument,
    revision: RevisionOption = None,
    model_id: Annotated[str | None, typer.Option("--id", help="How it is called here. Default: from its name.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a base model on the workspace's list, at a fixed commit; its weights are fetched by the first run."""
    from workbench.models.bases import add_base_model

    with open_workspace(workspace, "models add") as ws:
        model = add_base_model(ws, name, revision, model_id)
    if as_json:
        print_json({"model": model.id, "base": model.spec.base, "revision": model.spec.revision})
    else:
        print(f"Added {model.id}. Train on it with: workbench sft --set model_id={model.id}")


def remove(
    model_id: Annotated[str, typer.Argument(metavar="ID", help="A base model that was added.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a base model off the list; its files stay where they are."""
    from workbench.models.bases import remove_base_model

    with open_workspace(workspace, "models remove") as ws:
        remove_base_model(ws, model_id)
    if as_json:
        print_json({"removed": model_id})
    else:
        print(f"Removed {model_id}")


def _print_facts(facts: ModelFacts, as_json: bool) -> None:
    content: dict[str, Any] = asdict(facts)
    if as_json:
        print_json(content)
        return
    content["chat template"] = "its own" if content.pop("own_template") else "the project's, as it brings none"
    print_table(("", "value"), [(name, value) for name, value in content.items() if value not in (None, ())])

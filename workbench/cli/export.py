"""The command that writes data to a file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.output import JsonOption, WorkspaceOption, open_workspace, print_json


class ExportKind(StrEnum):
    """What is written to a file."""

    demonstrations = "demonstrations"
    preferences = "preferences"
    votes = "votes"


class ExportStyle(StrEnum):
    """How prompt and response stand in an export of demonstrations."""

    plain = "plain"
    messages = "messages"
    alpaca = "alpaca"
    sharegpt = "sharegpt"
    huggingface = "huggingface"


def export_file(
    kind: Annotated[ExportKind, typer.Argument(help="What to write.")],
    out: Annotated[Path, typer.Argument(help="File to write: .jsonl, .csv or .parquet. It is replaced if there.")],
    style: Annotated[
        ExportStyle,
        typer.Option(help="Of demonstrations: how prompt and response are named; huggingface writes a dataset folder."),
    ] = ExportStyle.plain,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write demonstrations, decided pairs or votes to a file."""
    from workbench.demonstrations.exporting import export_demonstrations
    from workbench.preferences.exporting import export_preferences, export_votes

    if style is not ExportStyle.plain and kind is not ExportKind.demonstrations:
        raise typer.BadParameter("only demonstrations have a style", param_hint="--style")
    with open_workspace(workspace, "export") as ws:
        if kind is ExportKind.demonstrations:
            rows = export_demonstrations(ws, out, style.value)
        elif kind is ExportKind.preferences:
            rows = export_preferences(ws, out)
        else:
            rows = export_votes(ws, out)
    if as_json:
        print_json({"kind": kind.value, "rows": rows, "file": str(out)})
    else:
        print(f"{out}: {rows} rows")

"""The commands that bring data in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.output import JsonOption, WorkspaceOption, open_workspace, print_json, say, who

if TYPE_CHECKING:
    from workbench.demonstrations.importing import ImportReport
    from workbench.workspace import Workspace

SHOWN_REJECTIONS = 20


class ImportKind(StrEnum):
    """What the rows of a file are."""

    demonstrations = "demonstrations"
    preferences = "preferences"
    documents = "documents"


class ExportKind(StrEnum):
    """What is written to a file."""

    demonstrations = "demonstrations"
    preferences = "preferences"
    votes = "votes"


ColumnOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Column that holds it, where its name does not tell.")
]
Store = Callable[["Workspace"], "ImportReport"]


def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to read, at most 25 MB each.")],
    kind: Annotated[
        ImportKind,
        typer.Option(
            "--as",
            help="demonstrations: prompts with responses (.jsonl .json .csv .tsv); preferences: pairs with choices; "
            "documents: handbooks (.md .txt), whose question headings become drafts.",
        ),
    ],
    author: Annotated[
        str | None, typer.Option(help="Who wrote or chose, where a row does not say. Default: your login name.")
    ] = None,
    prompt_column: Annotated[
        str | None, typer.Option(help="Column of the prompt, where its name does not tell.")
    ] = None,
    response_column: Annotated[
        str | None, typer.Option(help="Column of the response, where its name does not tell.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Step 1: bring in what you have. Rows that cannot be taken are listed with the reason."""
    # All files are read before anything is stored: one that cannot be read leaves the workspace as it was.
    stores = [_reader(kind, path, author or who(), prompt_column, response_column) for path in files]
    with open_workspace(workspace, "import") as ws:
        reports = [store(ws) for store in stores]
    if as_json:
        print_json(_summary(files, reports))
        return
    for path, report in zip(files, reports, strict=True):
        print(
            f"{path}: {report.rows} rows, {report.accepted} accepted, {report.duplicates} duplicates, "
            f"{len(report.rejected)} rejected"
        )
        for rejected in report.rejected[:SHOWN_REJECTIONS]:
            say(f"  row {rejected.row}: {rejected.reason}")
        if len(report.rejected) > SHOWN_REJECTIONS:
            say(f"  and {len(report.rejected) - SHOWN_REJECTIONS} more rows; --json lists them all")


def export_file(
    kind: Annotated[ExportKind, typer.Argument(help="What to write.")],
    out: Annotated[Path, typer.Argument(help="File to write: .jsonl, .csv or .parquet. It is replaced if there.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write demonstrations, decided pairs or votes to a file."""
    from workbench.demonstrations import exporting

    with open_workspace(workspace, "export") as ws:
        rows = {
            ExportKind.demonstrations: exporting.export_demonstrations,
            ExportKind.preferences: exporting.export_preferences,
            ExportKind.votes: exporting.export_votes,
        }[kind](ws, out)
    if as_json:
        print_json({"kind": kind.value, "rows": rows, "file": str(out)})
    else:
        print(f"{out}: {rows} rows")


def _reader(kind: ImportKind, path: Path, author: str, prompt_column: str | None, response_column: str | None) -> Store:
    """Reads and checks a file; what it gives back stores the rows."""
    if kind is ImportKind.preferences:
        from workbench.preferences.importing import read_preferences, store_preferences

        return partial(store_preferences, file=read_preferences(path), annotator=author)
    from workbench.demonstrations.importing import read_demonstrations, store_demonstrations

    if kind is ImportKind.documents:
        from workbench.demonstrations.documents import read_document

        file = read_document(path)
    else:
        file = read_demonstrations(path, prompt_column=prompt_column, response_column=response_column)
    return partial(store_demonstrations, file=file, author=author)


def _summary(files: list[Path], reports: list[ImportReport]) -> dict[str, Any]:
    """One report as it is; of several the sums, with the file named at each rejected row."""
    if len(reports) == 1:
        return asdict(reports[0])
    formats = {report.format for report in reports}
    return {
        "format": formats.pop() if len(formats) == 1 else "several",
        "rows": sum(report.rows for report in reports),
        "accepted": sum(report.accepted for report in reports),
        "duplicates": sum(report.duplicates for report in reports),
        "rejected": [
            {"file": str(path), **asdict(row)}
            for path, report in zip(files, reports, strict=True)
            for row in report.rejected
        ],
    }

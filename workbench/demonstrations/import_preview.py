"""What an import would do, without doing it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.demonstration_import import count_new
from storage.repository import arrow_view
from storage.text_keys import content_key
from workbench.demonstrations.columns import ColumnChoice, DemonstrationFields
from workbench.demonstrations.import_report import DemonstrationFile, ImportReport, OnProgress, report_of
from workbench.demonstrations.importing import check_table, propose
from workbench.demonstrations.parsing import parse_file
from workbench.demonstrations.rows import RawTable
from workbench.errors import UnreadableFile

if TYPE_CHECKING:
    from workbench.workspace import Workspace

PREVIEW_ROWS = 10


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What an import would do. ``problem`` says why nothing could be taken, where that is so."""

    format: str
    columns: tuple[str, ...]
    prompt_column: str | None
    response_column: str | None
    first_rows: list[dict[str, Any]]
    report: ImportReport | None
    problem: str | None = None
    choice: ColumnChoice | None = None
    notes: tuple[str, ...] = ()
    first_fields: tuple[DemonstrationFields, ...] = ()
    """The first demonstrations as they would be stored."""


def preview_demonstrations(
    path: Path,
    filename: str | None = None,
    *,
    ws: Workspace | None = None,
    prompt_column: str | None = None,
    response_column: str | None = None,
) -> ImportPreview:
    """What an import would do, without doing it. With a workspace, rows that it holds count as duplicates.

    Raises:
        UnreadableFile: the file has no rows at all. Where only the columns cannot be told, the preview says
            so in ``problem``, so that a person can choose them.
    """
    name = filename or path.name
    table = parse_file(path, filename)
    try:
        choice = propose(table, prompt_column, response_column)
    except UnreadableFile as error:
        return unmapped_preview(table, f"{name}: {error}.")
    return preview_table(name, table, choice, ws)


def unmapped_preview(table: RawTable, problem: str) -> ImportPreview:
    """The preview of a table whose columns a person has yet to choose."""
    return ImportPreview(table.format, table.columns, None, None, _first(table), None, problem, notes=table.notes)


def preview_table(
    name: str, table: RawTable, choice: ColumnChoice, ws: Workspace | None = None, on_progress: OnProgress | None = None
) -> ImportPreview:
    """What an import of a table that has been read would do."""
    file = check_table(name, table, choice, on_progress)
    report = report_of(file, _count_new(ws, file))
    first_pair = choice.pairs[0] if choice.pairs else None
    return ImportPreview(
        table.format,
        table.columns,
        choice.messages or (first_pair.prompt if first_pair else None),
        choice.messages or (first_pair.response if first_pair else None),
        _first(table),
        report,
        choice=choice,
        notes=file.notes,
        first_fields=tuple(file.fields[:PREVIEW_ROWS]),
    )


def _first(table: RawTable) -> list[dict[str, Any]]:
    return [row.values for row in table.rows if row.values is not None][:PREVIEW_ROWS]


def _count_new(ws: Workspace | None, file: DemonstrationFile) -> int:
    keys = {content_key(row.prompt, row.response) for row in file.fields}
    if ws is None or not keys:
        return len(keys)
    with ws.database.read() as cursor, arrow_view(cursor, "file_keys", [{"content_key": key} for key in keys]):
        return count_new(cursor, "file_keys")

"""What an import would do, without doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.demonstration_import import count_new
from storage.repository import arrow_view
from storage.text_keys import content_key
from workbench.demonstrations.columns import ColumnChoice, DemonstrationFields
from workbench.demonstrations.import_report import DemonstrationFile, ImportReport, OnProgress, report_of
from workbench.demonstrations.importing import check_table
from workbench.demonstrations.rows import RawTable

if TYPE_CHECKING:
    from workbench.workspace import Workspace

PREVIEW_ROWS = 10


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What an import would do."""

    report: ImportReport
    notes: tuple[str, ...]
    first_fields: tuple[DemonstrationFields, ...]
    """The first demonstrations as they would be stored."""


def preview_table(
    name: str, table: RawTable, choice: ColumnChoice, ws: Workspace, on_progress: OnProgress | None = None
) -> ImportPreview:
    """What an import of a table that has been read would do; rows that the workspace holds count as duplicates."""
    file = check_table(name, table, choice, on_progress)
    return ImportPreview(report_of(file, _count_new(ws, file)), file.notes, tuple(file.fields[:PREVIEW_ROWS]))


def _count_new(ws: Workspace, file: DemonstrationFile) -> int:
    keys = {content_key(row.prompt, row.response) for row in file.fields}
    if not keys:
        return 0
    with ws.database.read() as cursor, arrow_view(cursor, "file_keys", [{"content_key": key} for key in keys]):
        return count_new(cursor, "file_keys")

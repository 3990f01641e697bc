"""What an import would do, without doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.demonstration_import import known_contents
from storage.repository import arrow_view
from storage.text_keys import content_form, prompt_key
from workbench.demonstrations.column_choice import ColumnChoice
from workbench.demonstrations.columns import DemonstrationFields
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
    new = _new_rows(ws, file)
    return ImportPreview(report_of(file, len(new)), file.notes, tuple(new[:PREVIEW_ROWS]))


def _new_rows(ws: Workspace, file: DemonstrationFile) -> list[DemonstrationFields]:
    """The rows without those that the workspace holds, each once."""
    rows: dict[str, DemonstrationFields] = {}
    for row in file.fields:
        rows.setdefault(content_form(row.prompt, row.response), row)
    if not rows:
        return []
    keys = [{"prompt": row.prompt, "prompt_key": prompt_key(row.prompt)} for row in rows.values()]
    with ws.database.read() as cursor, arrow_view(cursor, "file_keys", keys):
        known = known_contents(cursor, "file_keys")
    return [row for content, row in rows.items() if content not in known]

"""Importing demonstrations from files: what can be taken is taken, the rest is reported row by row."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.demonstrations import Demonstration, content_key
from workbench.demonstrations.columns import (
    ColumnChoice,
    DemonstrationFields,
    RowError,
    choose_columns,
    demonstration_fields,
)
from workbench.demonstrations.formats import RawRow, RawTable
from workbench.demonstrations.parsing import parse_file
from workbench.demonstrations.splits import SplitBook
from workbench.demonstrations.text_rules import Status
from workbench.errors import UnreadableFile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from workbench.workspace import Workspace

PREVIEW_ROWS = 10


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not taken.

    ``row`` counts as a person would: the line of a JSONL file; in a list or table the first row of data is 1
    (the reason then says the line in the file too).
    """

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the rows of one file: ``rows = accepted + duplicates + len(rejected)``."""

    format: str
    rows: int
    accepted: int
    duplicates: int
    rejected: list[RejectedRow]


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


@dataclass(frozen=True, slots=True)
class DemonstrationFile:
    """A file that has been read and checked, but not stored."""

    filename: str
    format: str
    fields: list[DemonstrationFields]
    rejected: list[RejectedRow] = field(default_factory=list)
    status: Status = "approved"
    """Status of the rows that state none."""


def import_demonstrations(
    ws: Workspace,
    path: Path,
    *,
    author: str,
    filename: str | None = None,
    prompt_column: str | None = None,
    response_column: str | None = None,
) -> ImportReport:
    """Reads a file of demonstrations and stores its rows in one transaction.

    Rows that are already there, or come twice, count as duplicates. Accepted rows are approved unless the
    file says otherwise, and a prompt that is already there keeps its split.

    Raises:
        UnreadableFile: the file as a whole cannot be read; nothing was stored.
    """
    file = read_demonstrations(path, filename, prompt_column=prompt_column, response_column=response_column)
    return store_demonstrations(ws, file, author=author)


def read_demonstrations(
    path: Path,
    filename: str | None = None,
    *,
    prompt_column: str | None = None,
    response_column: str | None = None,
) -> DemonstrationFile:
    """Reads and checks a file without storing anything.

    Raises:
        UnreadableFile: the file as a whole cannot be read.
    """
    name = filename or path.name
    table = parse_file(path, filename)
    try:
        choice = choose_columns(table.columns, prompt_column, response_column)
    except UnreadableFile as error:
        raise UnreadableFile(f"{name}: {error}.") from None
    return _checked(name, table, choice)


def store_demonstrations(ws: Workspace, file: DemonstrationFile, *, author: str) -> ImportReport:
    """Stores the rows of a file that has been read, in one transaction."""

    def write(cursor: DuckDBPyConnection) -> int:
        # What is there already is read in the same transaction: two imports at once cannot both add a row.
        fresh = _fresh(file.fields, ws.demonstrations.existing_keys(cursor))
        if not fresh:
            return 0
        book = SplitBook((row.prompt, row.split) for row in ws.demonstrations.list(cursor=cursor))
        return ws.demonstrations.add_many([_row(fields, file, author, book) for fields in fresh], cursor)

    return _report(file, ws.database.run_write(write))


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
    first = [row.values for row in table.rows if row.values is not None][:PREVIEW_ROWS]
    try:
        choice = choose_columns(table.columns, prompt_column, response_column)
    except UnreadableFile as error:
        return ImportPreview(table.format, table.columns, None, None, first, None, f"{name}: {error}.")
    file = _checked(name, table, choice)
    accepted = len(_fresh(file.fields, ws.demonstrations.existing_keys() if ws else set()))
    report = _report(file, accepted)
    prompt, response = choice.prompt or choice.messages, choice.response or choice.messages
    return ImportPreview(table.format, table.columns, prompt, response, first, report)


def reject(row: RawRow, reason: str) -> RejectedRow:
    """The row as rejected, with its line in the file where that differs from its number."""
    return RejectedRow(row.row, f"{reason} ({row.where})" if row.where else reason)


def _checked(name: str, table: RawTable, choice: ColumnChoice) -> DemonstrationFile:
    file = DemonstrationFile(name, table.format, [])
    for row in table.rows:
        if row.values is None:
            file.rejected.append(reject(row, row.problem or "the row cannot be read"))
            continue
        try:
            file.fields.append(demonstration_fields(row.values, choice))
        except RowError as problem:
            file.rejected.append(reject(row, str(problem)))
    return file


def _row(fields: DemonstrationFields, file: DemonstrationFile, author: str, book: SplitBook) -> Demonstration:
    now = datetime.now(UTC)
    return Demonstration(
        id=uuid.uuid4().hex[:12],
        prompt=fields.prompt,
        response=fields.response,
        tags=fields.tags,
        source=fields.source or file.filename,
        author=fields.author or author,
        status=fields.status or file.status,
        split=book.split_of(fields.prompt, fields.split),
        fact_id=fields.fact_id,
        key_facts=fields.key_facts,
        created_at=now,
        updated_at=now,
    )


def _fresh(fields: list[DemonstrationFields], keys: set[str]) -> list[DemonstrationFields]:
    """The rows whose content is neither among the keys nor earlier in the file."""
    by_key: dict[str, DemonstrationFields] = {}
    for row in fields:
        by_key.setdefault(content_key(row.prompt, row.response), row)
    return [row for key, row in by_key.items() if key not in keys]


def _report(file: DemonstrationFile, accepted: int) -> ImportReport:
    return ImportReport(
        format=file.format,
        rows=len(file.fields) + len(file.rejected),
        accepted=accepted,
        duplicates=len(file.fields) - accepted,
        rejected=file.rejected,
    )

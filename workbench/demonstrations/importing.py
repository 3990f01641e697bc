"""Importing demonstrations from files: what can be taken is taken, the rest is reported row by row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.demonstration_import import count_new, take_staged
from storage.repository import arrow_view
from storage.text_keys import content_key, prompt_key
from workbench.demonstrations import bulk
from workbench.demonstrations.columns import ColumnChoice, DemonstrationFields, RowError, all_fields, choose_columns
from workbench.demonstrations.delimited import guard
from workbench.demonstrations.html_text import holds_html
from workbench.demonstrations.messages import Turns
from workbench.demonstrations.parsing import parse_file
from workbench.demonstrations.rows import RawRow, RawTable
from workbench.demonstrations.text_rules import Status
from workbench.errors import UnreadableFile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from workbench.workspace import Workspace

PREVIEW_ROWS = 10
CELL_FORMATS = ("csv", "tsv", "xlsx")
"""Formats whose cells are filled by programs that write HTML into them."""
OWN_COLUMNS = frozenset({"id", "prompt", "response", "author", "status", "split", "created_at", "updated_at"})
"""A file with these is an export of ours: it says exactly what it means."""


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
    """What became of the rows of one file: ``rows = accepted + duplicates + len(rejected)``.

    A row that holds several languages or exchanges counts once for each.
    """

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
    choice: ColumnChoice | None = None
    notes: tuple[str, ...] = ()
    first_fields: tuple[DemonstrationFields, ...] = ()
    """The first demonstrations as they would be stored."""


@dataclass(frozen=True, slots=True)
class DemonstrationFile:
    """A file that has been read and checked, but not stored."""

    filename: str
    format: str
    fields: list[DemonstrationFields]
    rejected: list[RejectedRow] = field(default_factory=list)
    status: Status = "approved"
    """Status of the rows that state none."""
    notes: tuple[str, ...] = ()


def import_demonstrations(
    ws: Workspace,
    path: Path,
    *,
    author: str,
    filename: str | None = None,
    prompt_column: str | None = None,
    response_column: str | None = None,
    choice: ColumnChoice | None = None,
) -> ImportReport:
    """Reads a file of demonstrations and stores its rows in one transaction.

    Rows that are already there, or come twice, count as duplicates. Accepted rows are approved unless the
    file says otherwise, and a prompt that is already there keeps its split.

    Raises:
        UnreadableFile: the file as a whole cannot be read; nothing was stored.
    """
    if bulk.is_large(path) and filename is None and prompt_column is None and response_column is None:
        with bulk.staged_file(ws.root, path, author=author, choice=choice) as staged:
            return store_staged(ws, staged)
    file = read_demonstrations(
        path, filename, prompt_column=prompt_column, response_column=response_column, choice=choice
    )
    return store_demonstrations(ws, file, author=author)


def read_demonstrations(
    path: Path,
    filename: str | None = None,
    *,
    prompt_column: str | None = None,
    response_column: str | None = None,
    choice: ColumnChoice | None = None,
    turns: Turns = "single",
) -> DemonstrationFile:
    """Reads and checks a file without storing anything.

    Raises:
        UnreadableFile: the file as a whole cannot be read.
    """
    name = filename or path.name
    if path.is_dir():
        return _read_folder(path)
    table = parse_file(path, filename)
    try:
        choice = choice or replace(propose(table, prompt_column, response_column), turns=turns)
    except UnreadableFile as error:
        raise UnreadableFile(f"{name}: {error}.") from None
    return check_table(name, table, choice)


def _read_folder(folder: Path) -> DemonstrationFile:
    """The rows of a dataset folder: its Parquet and JSON Lines files, those in ``data`` included."""
    found = [path for place in (folder, folder / "data") for path in sorted(place.glob("*")) if path.is_file()]
    files = [read_demonstrations(path) for path in found if path.suffix.casefold() in (".parquet", ".jsonl")]
    if not files:
        raise UnreadableFile(f"{folder} is a folder without .parquet or .jsonl files.")
    # A row that names no source of its own is known by the folder: its files are named alike everywhere.
    return DemonstrationFile(
        folder.name,
        files[0].format,
        [fields for file in files for fields in file.fields],
        [replace(item, reason=f"{file.filename}: {item.reason}") for file in files for item in file.rejected],
    )


def propose(table: RawTable, prompt_column: str | None = None, response_column: str | None = None) -> ColumnChoice:
    """What the columns seem to mean; a person may choose otherwise.

    Raises:
        UnreadableFile: no column is the prompt or the response.
    """
    choice = choose_columns(table.columns, prompt_column, response_column)
    foreign = table.format in CELL_FORMATS and not set(table.columns) >= OWN_COLUMNS
    return replace(choice, html="strip") if foreign else choice


def check_table(name: str, table: RawTable, choice: ColumnChoice) -> DemonstrationFile:
    """The rows of a table as demonstrations, or the reasons why they are none."""
    fields: list[DemonstrationFields] = []
    rejected: list[RejectedRow] = []
    with_html = 0
    for row in table.rows:
        if row.values is None:
            rejected.append(reject(row, row.problem or "the row cannot be read"))
            continue
        for found in all_fields(row.values, choice):
            if isinstance(found, RowError):
                rejected.append(reject(row, str(found)))
                continue
            if choice.languages and found.fact_id is None:
                # The languages of one row state one fact, whether the file numbers its facts or not.
                found = replace(found, fact_id=f"{name}#{row.row}")
            fields.append(found)
        with_html += choice.html == "strip" and any(
            isinstance(value, str) and holds_html(value) for value in row.values.values()
        )
    notes = [*table.notes]
    if with_html:
        notes.append(f"HTML was turned into plain text in {with_html:,} rows.")
    return DemonstrationFile(name, table.format, fields, rejected, notes=tuple(notes))


def store_demonstrations(ws: Workspace, file: DemonstrationFile, *, author: str) -> ImportReport:
    """Stores the rows of a file that has been read, in one transaction."""
    if not file.fields:
        return _report(file, 0)
    records = _staged(file, author)

    def write(cursor: DuckDBPyConnection) -> int:
        with _typed_view(cursor, records) as staged:
            return take_staged(cursor, staged)

    return _report(file, ws.database.run_write(write))


def store_staged(ws: Workspace, staged: bulk.StagedFile) -> ImportReport:
    """Stores the rows of a large file that has been staged, in one transaction."""
    accepted = ws.database.run_write(lambda cursor: take_staged(cursor, staged.relation))
    rejected = [RejectedRow(row, reason) for row, reason in staged.rejected]
    return ImportReport("jsonl", staged.good + len(rejected), accepted, staged.good - accepted, rejected)


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


def preview_table(name: str, table: RawTable, choice: ColumnChoice, ws: Workspace | None = None) -> ImportPreview:
    """What an import of a table that has been read would do."""
    file = check_table(name, table, choice)
    report = _report(file, _count_new(ws, file))
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


def reject(row: RawRow, reason: str) -> RejectedRow:
    """The row as rejected, with its line in the file where that differs from its number."""
    return RejectedRow(row.row, f"{reason} ({row.where})" if row.where else reason)


def rejected_csv(rejected: list[RejectedRow], table: RawTable | None = None) -> bytes:
    """The rejected rows as a CSV file: number, reason, and the row's values as JSON where they could be read."""
    values = {row.row: row.values for row in table.rows if row.values is not None} if table else {}
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("row", "reason", "values"))
    for item in rejected:
        found = values.get(item.row)
        shown = "" if found is None else json.dumps(found, ensure_ascii=False, default=str)
        writer.writerow((item.row, guard(item.reason), guard(shown)))
    return text.getvalue().encode("utf-8-sig", "replace")


def _first(table: RawTable) -> list[dict[str, Any]]:
    return [row.values for row in table.rows if row.values is not None][:PREVIEW_ROWS]


def _staged(file: DemonstrationFile, author: str) -> list[dict[str, Any]]:
    return [
        {
            "row": number,
            "prompt": fields.prompt,
            "response": fields.response,
            "tags": fields.tags,
            "source": fields.source or file.filename,
            "author": fields.author or author,
            "status": fields.status or file.status,
            "split": fields.split,
            "fact_id": fields.fact_id,
            "key_facts": fields.key_facts,
            "origin": fields.origin,
            "content_key": content_key(fields.prompt, fields.response),
            "prompt_key": prompt_key(fields.prompt),
        }
        for number, fields in enumerate(file.fields)
    ]


@contextmanager
def _typed_view(cursor: DuckDBPyConnection, records: list[dict[str, Any]]) -> Iterator[str]:
    """The records as a relation; a column of nothing but nulls gets the type that it should have."""
    casts = ", ".join(
        f"{name}::{kind} AS {name}"
        for name, kind in (
            ("split", "VARCHAR"),
            ("fact_id", "VARCHAR"),
            ("key_facts", "VARCHAR[]"),
            ("tags", "VARCHAR[]"),
            ("origin", "VARCHAR"),
        )
    )
    with arrow_view(cursor, "file_rows", records):
        yield f"(SELECT * REPLACE ({casts}) FROM file_rows)"


def _count_new(ws: Workspace | None, file: DemonstrationFile) -> int:
    keys = {content_key(row.prompt, row.response) for row in file.fields}
    if ws is None or not keys:
        return len(keys)
    with ws.database.read() as cursor, arrow_view(cursor, "file_keys", [{"content_key": key} for key in keys]):
        return count_new(cursor, "file_keys")


def _report(file: DemonstrationFile, accepted: int) -> ImportReport:
    return ImportReport(
        format=file.format,
        rows=len(file.fields) + len(file.rejected),
        accepted=accepted,
        duplicates=len(file.fields) - accepted,
        rejected=file.rejected,
    )

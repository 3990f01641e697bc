"""Importing demonstrations from files: what can be taken is taken, the rest is reported row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.demonstration_import import take_staged
from storage.repository import arrow_view
from storage.text_keys import prompt_key
from workbench.demonstrations.bulk import Asked, StagedFile, is_large, staged_file
from workbench.demonstrations.column_choice import (
    ColumnChoice,
    Html,
    Sample,
    choose_columns,
    is_export,
    misfit_notes,
    preferences_sentence,
    unused_columns,
)
from workbench.demonstrations.column_names import DECIDED_NAMES, both_named
from workbench.demonstrations.columns import DemonstrationFields, RowError, all_fields
from workbench.demonstrations.decoding import without_left_bytes
from workbench.demonstrations.html_text import holds_html
from workbench.demonstrations.import_report import (
    DemonstrationFile,
    ImportReport,
    OnProgress,
    RejectedRow,
    StepProgress,
    reject,
    report_of,
)
from workbench.demonstrations.messages import Turns, ends_with_answer
from workbench.demonstrations.parsing import parse_file
from workbench.demonstrations.rows import RawTable
from workbench.errors import UnreadableFile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from workbench.workspace import Workspace

CELL_FORMATS = ("csv", "tsv", "xlsx")
"""Formats whose cells are filled by programs that write HTML into them."""
READING, CHECKING, PREPARING = "reading", "checking rows", "preparing rows"
STORING = {"looking for duplicates": 0.05, "choosing splits": 0.02, "storing": 0.3}
"""Steps of ``take_staged`` -> the share of the time of an import that each takes, more or less."""
LARGE_STEPS = {READING: 0.6, **STORING}
SAMPLE_ROWS = 2_000
"""At most so many rows are looked at to tell what the columns hold."""
LOOKED_AT = 20
"""Rows whose conversations are looked at to tell preferences from demonstrations."""
TOLD_ROWS = 1_000
"""How far it is is said every so many rows."""


def import_demonstrations(
    ws: Workspace,
    path: Path,
    *,
    author: str,
    filename: str | None = None,
    prompt_column: str | None = None,
    response_column: str | None = None,
    choice: ColumnChoice | None = None,
    ignore: Sequence[str] = (),
) -> ImportReport:
    """Reads a file of demonstrations and stores its rows in one transaction.

    Rows that are already there, or come twice, count as duplicates. Accepted rows are approved unless the
    file says otherwise, and a prompt that is already there keeps its split.

    Raises:
        UnreadableFile: the file as a whole cannot be read; nothing was stored.
    """
    if is_large(path) and filename is None:
        asked = Asked(prompt_column, response_column, ignore)
        with staged_file(ws.root, path, author=author, choice=choice, asked=asked) as staged:
            return store_staged(ws, staged)
    file = read_demonstrations(
        path,
        filename,
        prompt_column=prompt_column,
        response_column=response_column,
        choice=choice,
        ignore=ignore,
    )
    return store_demonstrations(ws, file, author=author)


def read_demonstrations(
    path: Path,
    filename: str | None = None,
    *,
    prompt_column: str | None = None,
    response_column: str | None = None,
    choice: ColumnChoice | None = None,
    ignore: Sequence[str] = (),
    turns: Turns = "single",
    html: Html | None = None,
) -> DemonstrationFile:
    """Reads and checks a file without storing anything.

    Without ``html`` it is taken out of the cells of CSV, TSV and spreadsheets, which programs fill with it, and stays
    in JSON and Parquet, whose texts are what somebody wrote, and in exports of the workbench.

    Raises:
        UnreadableFile: the file as a whole cannot be read.
    """
    name = without_left_bytes(filename or path.name)  # a file's name, too, may hold bytes that are no text
    if path.is_dir():
        return _read_folder(path, html)
    table = parse_file(path, name)
    try:
        choice = choice or replace(propose(table, prompt_column, response_column, ignore), turns=turns)
        choice = replace(choice, html=html or choice.html)
    except UnreadableFile as error:
        raise UnreadableFile(f"{name}: {error}.") from None
    return check_table(name, table, choice)


def _read_folder(folder: Path, html: Html | None) -> DemonstrationFile:
    """The rows of a dataset folder: its Parquet and JSON Lines files, those in ``data`` included."""
    found = [path for place in (folder, folder / "data") for path in sorted(place.glob("*")) if path.is_file()]
    files = [read_demonstrations(path, html=html) for path in found if path.suffix.casefold() in (".parquet", ".jsonl")]
    if not files:
        raise UnreadableFile(f"{folder} is a folder without .parquet or .jsonl files.")
    # A row that names no source of its own is known by the folder: its files are named alike everywhere.
    return DemonstrationFile(
        without_left_bytes(folder.name),
        files[0].format,
        [fields for file in files for fields in file.fields],
        [replace(item, reason=f"{file.filename}: {item.reason}") for file in files for item in file.rejected],
        source=folder.name if any(file.source for file in files) else "",
        notes=tuple(f"{file.filename}: {note}" for file in files for note in file.notes),
        unused_columns=tuple(dict.fromkeys(name for file in files for name in file.unused_columns)),
    )


def propose(
    table: RawTable,
    prompt_column: str | None = None,
    response_column: str | None = None,
    ignore: Sequence[str] = (),
) -> ColumnChoice:
    """What the columns seem to mean; a person may choose otherwise.

    Raises:
        UnreadableFile: no column is the prompt or the response, or the file holds preferences.
    """
    choice = choose_columns(table.columns, prompt_column, response_column, sample=sample_of(table), ignore=ignore)
    messages, first = choice.messages, table.rows[:LOOKED_AT]
    pair = both_named(table.columns, DECIDED_NAMES) if messages else None
    if pair and messages and not any(ends_with_answer(row.values.get(messages)) for row in first if row.values):
        raise UnreadableFile(preferences_sentence(*pair))
    return replace(choice, html="strip") if is_foreign(table) else choice


def is_foreign(table: RawTable) -> bool:
    """Whether a program may have written HTML into the cells: a table, and no export of ours."""
    return table.format in CELL_FORMATS and not is_export(table.columns)


def sample_of(table: RawTable) -> Sample:
    """Some rows from all over the table."""
    return [row.values for row in table.rows[:: len(table.rows) // SAMPLE_ROWS + 1] if row.values]


def check_table(
    name: str, table: RawTable, choice: ColumnChoice, on_progress: OnProgress | None = None
) -> DemonstrationFile:
    """The rows of a table as demonstrations, or the reasons why they are none."""
    steps = StepProgress(on_progress or _silent, {CHECKING: 1.0})
    fields: list[DemonstrationFields] = []
    rejected: list[RejectedRow] = []
    used = [name for pair in choice.pairs for name in (pair.prompt, pair.response)]
    used = [choice.messages] if choice.messages else used
    with_html = 0
    for place, row in enumerate(table.rows):
        if place % TOLD_ROWS == 0:
            steps.at(CHECKING, place / len(table.rows))
        if row.values is None:
            rejected.append(reject(row, row.problem or "the row cannot be read"))
            continue
        for found in all_fields(row.values, choice):
            if isinstance(found, RowError):
                rejected.append(reject(row, str(found)))
                continue
            fields.append(found)
        with_html += choice.html == "strip" and any(holds_html(str(row.values.get(name, ""))) for name in used)
    sample = sample_of(table)
    notes = [*table.notes, *misfit_notes(choice, sample)]
    if with_html:
        rows = "1 row" if with_html == 1 else f"{with_html:,} rows"
        notes.append(f"HTML was taken out of {rows}.")
    source = "" if is_export(table.columns) else name
    unused = unused_columns(table.columns, choice, sample)
    return DemonstrationFile(
        name, table.format, fields, rejected, source=source, notes=tuple(notes), unused_columns=unused
    )


def store_demonstrations(
    ws: Workspace, file: DemonstrationFile, *, author: str, on_progress: OnProgress | None = None
) -> ImportReport:
    """Stores the rows of a file that has been read, in one transaction."""
    if not file.fields:
        return report_of(file, 0)
    steps = StepProgress(on_progress or _silent, {PREPARING: 0.6, **STORING})
    records = _staged(file, author, steps)

    def write(cursor: DuckDBPyConnection) -> int:
        with _typed_view(cursor, records) as staged:
            return take_staged(cursor, staged, steps.at)

    return report_of(file, ws.database.run_write(write))


def store_staged(ws: Workspace, staged: StagedFile, steps: StepProgress | None = None) -> ImportReport:
    """Stores the rows of a large file that has been staged, in one transaction."""
    at: Callable[[str], None] = steps.at if steps else _ignored
    accepted = 0
    if staged.good:
        accepted = ws.database.run_write(lambda cursor: take_staged(cursor, staged.relation, at))
    rejected = [RejectedRow(row, reason) for row, reason in staged.rejected]
    return ImportReport(
        "jsonl", staged.good + staged.refused, accepted, staged.good - accepted, rejected, staged.unused
    )


def _silent(_step: str, _share: float, _left: float | None) -> None:
    """Tells nobody how far it is."""


def _ignored(_step: str) -> None:
    """Tells nobody what is done."""


def _staged(file: DemonstrationFile, author: str, steps: StepProgress) -> list[dict[str, Any]]:
    records = []
    for number, fields in enumerate(file.fields):
        if number % TOLD_ROWS == 0:
            steps.at(PREPARING, number / len(file.fields))
        records.append(
            {
                "row": number,
                "prompt": fields.prompt,
                "response": fields.response,
                "tags": fields.tags,
                "source": fields.source or file.source,
                "author": fields.author or author,
                "status": fields.status or file.status,
                "split": fields.split,
                "fact_id": fields.fact_id,
                "key_facts": fields.key_facts,
                "origin": fields.origin,
                "prompt_key": prompt_key(fields.prompt),
            }
        )
    return records


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

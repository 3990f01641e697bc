"""Rows of spreadsheets (XLSX, XLS, ODS): of all visible sheets that hold the same kind of rows."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from workbench.demonstrations.binary_tables import first_line, plain_value
from workbench.demonstrations.column_choice import choose_columns
from workbench.demonstrations.delimited import header_names, unguard
from workbench.demonstrations.rows import RawRow, Reading
from workbench.errors import UnreadableFile

LOCKED = "the workbook is locked with a password: save it without one"
HEADER_WITHIN = 20
"""So many rows with two or more filled cells may be the header: titles stand above it."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A sheet with a header at ``rows[header]``; two of the same ``kind`` can be read as one."""

    name: str
    rows: list[list[Any]]
    header: int
    kind: object
    means_rows: bool


def read_spreadsheet(data: bytes) -> Reading:
    """Rows of the visible sheets whose header names the same prompt and response.

    The header is the first row that names them, else the first with two or more filled cells. Where no sheet names
    them, the first is read, and those with the same header.

    Raises:
        UnreadableFile: it is damaged, locked with a password, or holds no rows.
    """
    from python_calamine import PasswordError

    try:
        tables, hidden = _tables(data)
    except PasswordError:
        raise UnreadableFile(LOCKED) from None
    except Exception as error:  # the Rust reader raises several kinds that share no base
        if data[:4] == b"\xd0\xcf\x11\xe0" and b"E\0n\0c\0r\0y\0p\0t\0e\0d" in data:
            raise UnreadableFile(LOCKED) from None
        raise UnreadableFile(f"the workbook is damaged: {first_line(error)}") from None
    if not tables:
        raise UnreadableFile("the workbook has no visible sheet with a header line and rows")
    first = next((table for table in tables if table.means_rows), tables[0])
    chosen = [table for table in tables if table.kind == first.kind]
    others = [f"'{table.name}' (other columns)" for table in tables if table not in chosen]
    return Reading("xlsx", _rows(chosen), _notes(chosen, [*others, *(f"'{name}' (hidden)" for name in hidden)]))


def _notes(chosen: Sequence[_Table], left: Sequence[str]) -> list[str]:
    if len(chosen) == 1 and not left:
        return []
    read = ", ".join(f"'{table.name}'" for table in chosen)
    return [f"Sheets read: {read}" + (f"; not read: {', '.join(left)}." if left else ".")]


def _tables(data: bytes) -> tuple[list[_Table], list[str]]:
    """The visible sheets that have a header, and the names of the hidden ones."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    found = [_table(name, _cells(book.get_sheet_by_name(name))) for name in visible]
    return [table for table in found if table], [sheet.name for sheet in sheets if sheet.name not in visible]


def _cells(sheet: Any) -> list[list[Any]]:
    """The cells of a sheet; merged ones count for all rows that they reach into, if there is more in the row."""
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    filled = [_is_filled(row) for row in rows]
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        for line in range(top + 1, min(bottom + 1, len(rows))):
            if filled[line] and left < len(rows[line]):
                rows[line][left] = rows[top][left]
    return rows


def _is_filled(row: Sequence[Any]) -> bool:
    return any(cell != "" for cell in row)


def _table(name: str, rows: list[list[Any]]) -> _Table | None:
    likely = [line for line, row in enumerate(rows) if sum(cell != "" for cell in row) > 1]
    for line in islice(likely, HEADER_WITHIN):
        if meaning := _meaning(_texts(rows[line])):
            return _Table(name, rows, line, meaning, means_rows=True)
    return _Table(name, rows, likely[0], _texts(rows[likely[0]]), means_rows=False) if likely else None


def _meaning(names: Sequence[str]) -> object:
    """What the names say of prompt and response; None where they say nothing."""
    try:
        choice = choose_columns([name for name in names if name])
    except UnreadableFile:
        return None
    return choice.prompt, choice.response, choice.messages, choice.languages


def _texts(cells: Sequence[Any]) -> list[str]:
    return [str(plain_value(cell)).strip() for cell in cells]


def _rows(tables: Sequence[_Table]) -> Iterator[RawRow]:
    number = 0
    for table in tables:
        header = header_names(_texts(table.rows[table.header]))
        sheet = f"the sheet '{table.name}'" if len(tables) > 1 else "the sheet"
        for line, cells in enumerate(table.rows[table.header + 1 :], start=table.header + 2):
            if _is_filled(cells):
                number += 1
                values = {name: _value(cell) for name, cell in zip(header, cells, strict=False) if name}
                yield RawRow(number, values, None, f"line {line} of {sheet}, the header line counted")


def _value(cell: Any) -> Any:
    if isinstance(cell, bool):
        return str(cell).upper()  # as the sheet shows it
    value = plain_value(cell)
    return unguard(value) if isinstance(value, str) else value

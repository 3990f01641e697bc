"""The file formats that rows can come in, one reader each, in a registry.

A new format is a function from the bytes to rows and one line in ``FORMATS``. Readers know nothing of
prompts and responses: they give each row its number, as a person would count it, and its named values.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from workbench.demonstrations.decoding import decode
from workbench.errors import UnreadableFile

MAX_ROWS = 200_000
MAX_COLUMNS = 1_000
LIST_KEYS = ("data", "rows", "examples")
"""Names under which a JSON object may hold its list of rows."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as it stands in the file, or why it cannot be read."""

    row: int
    values: dict[str, Any] | None
    problem: str | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class RawTable:
    """All rows of a file and the names of their values, in order of first appearance."""

    format: str
    columns: tuple[str, ...]
    rows: list[RawRow]


Reader = Callable[[bytes], tuple[str, Iterator[RawRow]]]


def read_table(data: bytes, filename: str) -> RawTable:
    """Reads the rows of a file; its name says which reader is tried.

    Raises:
        UnreadableFile: no reader for this name, no text, no rows, or too many.
    """
    extension = PurePath(filename).suffix.casefold()
    reader = FORMATS.get(extension)
    if reader is None:
        raise UnreadableFile(f"files ending in '{extension}' cannot be imported; these can: {' '.join(FORMATS)}")
    if not data.strip():
        raise UnreadableFile("the file is empty")
    name, found = reader(data)
    rows: list[RawRow] = []
    columns: dict[str, None] = {}
    for row in found:
        if len(rows) == MAX_ROWS:
            raise UnreadableFile(f"the file has more than {MAX_ROWS:,} rows: split it")
        rows.append(row)
        columns.update(dict.fromkeys(row.values or ()))
        if len(columns) > MAX_COLUMNS:
            raise UnreadableFile(f"the file has more than {MAX_COLUMNS:,} columns")
    if not rows:
        raise UnreadableFile("the file has no rows")
    if all(row.values is None for row in rows):
        raise UnreadableFile(f"not one row can be read; row {rows[0].row}: {rows[0].problem}")
    return RawTable(name, tuple(columns), rows)


def _read_jsonl(data: bytes) -> tuple[str, Iterator[RawRow]]:
    text = decode(data)
    if text.lstrip().startswith("["):
        try:
            return "json", _json_rows(json.loads(text, parse_constant=_no_constant))
        except (ValueError, RecursionError):
            pass  # lines that are lists; each will say so
    return "jsonl", _json_lines(text)


def _read_json(data: bytes) -> tuple[str, Iterator[RawRow]]:
    text = decode(data)
    try:
        return "json", _json_rows(json.loads(text, parse_constant=_no_constant))
    except RecursionError:
        raise UnreadableFile("the JSON is nested too deeply") from None
    except ValueError as error:
        # Many programs write one object a line and call the file .json all the same.
        first = next((line for line in text.splitlines() if line.strip()), "")
        if isinstance(_parsed(first), dict):
            return "jsonl", _json_lines(text)
        raise UnreadableFile(f"the file is not valid JSON: {_json_reason(error)}") from None


def _json_lines(text: str) -> Iterator[RawRow]:
    # Not splitlines(): it would also cut at U+2028 and the like, which JSON strings may hold.
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if line.strip():
            yield _object_row(number, _parsed(line))


def _json_rows(content: Any) -> Iterator[RawRow]:
    if isinstance(content, dict):
        lists = [content[key] for key in LIST_KEYS if isinstance(content.get(key), list)]
        content = lists[0] if lists else [content]
    if not isinstance(content, list):
        raise UnreadableFile("the JSON file holds neither a list nor an object")
    for number, value in enumerate(content, start=1):
        yield _object_row(number, value)


def _object_row(number: int, value: Any) -> RawRow:
    if isinstance(value, dict):
        return RawRow(number, value)
    if isinstance(value, _Unparsed):
        return RawRow(number, None, value.reason)
    return RawRow(number, None, "the row is not a JSON object of named values")


@dataclass(frozen=True, slots=True)
class _Unparsed:
    reason: str


def _parsed(line: str) -> Any:
    try:
        return json.loads(line, parse_constant=_no_constant)
    except RecursionError:
        return _Unparsed("the JSON is nested too deeply")
    except ValueError as error:
        return _Unparsed(f"not valid JSON, perhaps cut off: {_json_reason(error)}")


def _json_reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        where = f"line {error.lineno}, " if error.lineno > 1 else ""
        return f"{error.msg} at {where}character {error.colno}"
    return str(error)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def _read_csv(data: bytes) -> tuple[str, Iterator[RawRow]]:
    text = decode(data)
    return "csv", _csv_rows(text, _delimiter(text))


def _read_tsv(data: bytes) -> tuple[str, Iterator[RawRow]]:
    return "tsv", _csv_rows(decode(data), "\t")


def _delimiter(text: str) -> str:
    """The separator that the header line holds most of: a comma in doubt."""
    header = text.lstrip("\r\n").split("\n", 1)[0]
    return max(",;\t|", key=header.count)


def _csv_rows(text: str, delimiter: str) -> Iterator[RawRow]:
    csv.field_size_limit(max(len(text), 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    number = 0
    start = 1
    while True:
        row, problem = _next_cells(reader)
        first_line, start = start, reader.line_num + 1
        if row is None and problem is None:
            return
        if header is None:
            if problem is None and not any(cell.strip() for cell in row or ()):
                continue
            header = _header(row, problem)
            continue
        if problem is None and not row:
            continue  # an empty line is no row
        number += 1
        yield _csv_row(number, first_line, header, row or [], problem)


def _next_cells(reader: Any) -> tuple[list[str] | None, str | None]:
    try:
        return next(reader), None
    except StopIteration:
        return None, None
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None, "a quoted cell is never closed"
        return None, f"the quotes do not fit: {error}"


def _header(row: list[str] | None, problem: str | None) -> list[str]:
    if row is None:
        raise UnreadableFile(f"the header line cannot be read: {problem}")
    header = [cell.strip() for cell in row]
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    if doubled:
        raise UnreadableFile(f"the column {', '.join(doubled)} stands twice in the header line")
    if len(header) > MAX_COLUMNS:
        raise UnreadableFile(f"the file has more than {MAX_COLUMNS:,} columns")
    return header


def _csv_row(number: int, line: int, header: list[str], cells: list[str], problem: str | None) -> RawRow:
    where = f"line {line} of the file, the header line counted"
    if problem is None and any(cell.strip() for cell in cells[len(header) :]):
        problem = f"the row has {len(cells)} cells but the header has {len(header)}"
    if problem is not None:
        return RawRow(number, None, problem, where)
    values = {name: unguard(cell) for name, cell in zip(header, cells, strict=False) if name}
    return RawRow(number, values, None, where)


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet takes a cell for a formula."""


def guard(cell: str) -> str:
    """The cell with a leading ' where a spreadsheet would take it for a formula.

    A cell that begins with quotes before such a character gets one more, so ``unguard`` always gives the
    cell back.
    """
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA_STARTS) else cell


def unguard(cell: str) -> str:
    """The cell without the ' that ``guard`` put before it."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA_STARTS) else cell


FORMATS: dict[str, Reader] = {
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
    ".json": _read_json,
    ".csv": _read_csv,
    ".tsv": _read_tsv,
}
"""Reader by file extension."""

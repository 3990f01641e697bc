"""Rows of CSV and TSV files, and the guard that keeps a cell from being a formula."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

from workbench.demonstrations.decoding import holds_left_bytes
from workbench.demonstrations.rows import MAX_COLUMNS, RawRow, Reading
from workbench.errors import UnreadableFile

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet takes a cell for a formula."""


def read_csv(text: str) -> Reading:
    """Cells between commas, semicolons, tabs or bars: what the header line holds most of."""
    text = _mended_line_ends(text)
    if text.startswith(("sep=", "SEP=")) and "\n" in text:  # Excel's own hint
        hint, text = text.split("\n", 1)
        return Reading("csv", _rows(text, hint.strip()[4:5] or ","))
    return Reading("csv", _rows(text, _delimiter(text)))


def read_tsv(text: str) -> Reading:
    """Cells between tabs."""
    return Reading("tsv", _rows(_mended_line_ends(text), "\t"))


def looks_delimited(text: str) -> bool:
    """Whether the first line holds several names and a second line follows."""
    lines = text.lstrip("\r\n").splitlines()[:2]
    return len(lines) == 2 and any(sign in lines[0] for sign in ",;\t|") and lines[0][:1] not in "{[<"


def guard(cell: str) -> str:
    """The cell with a leading ' where a spreadsheet would take it for a formula.

    A cell that begins with quotes before such a character gets one more, so ``unguard`` always gives the
    cell back.
    """
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA_STARTS) else cell


def unguard(cell: str) -> str:
    """The cell without the ' that ``guard`` put before it."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA_STARTS) else cell


def header_names(row: list[str] | None, problem: str | None = None) -> list[str]:
    """The names in a header line.

    Raises:
        UnreadableFile: it cannot be read or decoded, a name stands twice, or there are too many.
    """
    if row is None:
        raise UnreadableFile(f"the header line cannot be read: {problem}")
    header = [cell.strip() for cell in row]
    if len(header) > MAX_COLUMNS:
        raise UnreadableFile(f"the file has more than {MAX_COLUMNS:,} columns")
    if any(map(holds_left_bytes, header)):
        raise UnreadableFile("the header line is in no encoding that is known: save the file as UTF-8")
    doubled = sorted(name for name, times in Counter(header).items() if name and times > 1)
    if doubled:
        raise UnreadableFile(f"the column {', '.join(doubled[:5])} stands twice in the header line")
    return header


def _mended_line_ends(text: str) -> str:
    # Old Macintosh files end lines in \r alone, which Python's reader takes for a cell's content.
    return text.replace("\r", "\n") if "\r" in text and "\n" not in text else text


def _delimiter(text: str) -> str:
    """The separator that the header line holds most of: a comma in doubt."""
    header = text.lstrip("\r\n").split("\n", 1)[0]
    return max(",;\t|", key=header.count)


def _rows(text: str, delimiter: str) -> Iterator[RawRow]:
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
            header = header_names(row, problem)
            continue
        if problem is None and not any(cell.strip() for cell in row or ()):
            continue  # an empty line, or one of nothing but separators, is no row
        number += 1
        yield _row(number, first_line, header, row or [], problem)


def _next_cells(reader: Any) -> tuple[list[str] | None, str | None]:
    try:
        return next(reader), None
    except StopIteration:
        return None, None
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None, "a quoted cell is never closed"
        return None, f"the quotes do not fit: {error}"


def _row(number: int, line: int, header: list[str], cells: list[str], problem: str | None) -> RawRow:
    where = f"line {line} of the file, the header line counted"
    if problem is None and any(cell.strip() for cell in cells[len(header) :]):
        problem = f"the row has {len(cells)} cells but the header has {len(header)}"
    if problem is not None:
        return RawRow(number, None, problem, where)
    values = {name: unguard(cell) for name, cell in zip(header, cells, strict=False) if name}
    return RawRow(number, values, None, where)

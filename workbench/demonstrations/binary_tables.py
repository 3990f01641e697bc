"""Rows of Parquet files and spreadsheets (XLSX, XLS, ODS)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from workbench.demonstrations.delimited import header_names, unguard
from workbench.demonstrations.rows import MAX_COLUMNS, MAX_ROWS, RawRow, Reading
from workbench.errors import UnreadableFile

MAX_UNPACKED_BYTES = 512 * 2**20
"""A file that says it holds more than this is not opened: columns of nothing compress a thousandfold."""
BATCH_ROWS = 1_000


def read_parquet(data: bytes) -> Reading:
    """Rows of a Parquet file, nested lists and structs included.

    Raises:
        UnreadableFile: it is damaged, or unpacks to too much.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        meta = file.metadata
        unpacked = sum(meta.row_group(number).total_byte_size for number in range(meta.num_row_groups))
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(f"the Parquet file is damaged or cut off: {_short(error)}") from None
    if unpacked > MAX_UNPACKED_BYTES:
        raise UnreadableFile(f"the Parquet file unpacks to {unpacked / 2**20:,.0f} MB; split it")
    if meta.num_rows > MAX_ROWS:
        raise UnreadableFile(f"the file has more than {MAX_ROWS:,} rows: split it")
    if len(file.schema_arrow.names) > MAX_COLUMNS:
        raise UnreadableFile(f"the file has more than {MAX_COLUMNS:,} columns")
    header_names(list(file.schema_arrow.names))
    return Reading("parquet", _parquet_rows(file))


def _parquet_rows(file: Any) -> Iterator[RawRow]:
    import pyarrow as pa

    number = 0
    try:
        for batch in file.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
            for values in batch.to_pylist():
                number += 1
                yield RawRow(number, {name: plain_value(value) for name, value in values.items()})
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"the Parquet file is damaged after row {number:,}: {_short(error)}") from None


def read_spreadsheet(data: bytes) -> Reading:
    """Rows of the first sheet that holds any; the first row with two or more filled cells is the header.

    Raises:
        UnreadableFile: it is damaged, locked with a password, or holds no rows.
    """
    from python_calamine import CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            start = next((at for at, row in enumerate(rows) if sum(cell != "" for cell in row) > 1), None)
            if start is not None:
                break
        else:
            raise UnreadableFile("the workbook has no sheet with a header line and rows")
    except PasswordError:
        raise UnreadableFile("the workbook is locked with a password: save it without one") from None
    except UnreadableFile:
        raise
    except Exception as error:  # the Rust reader raises several kinds that share no base
        if data[:4] == b"\xd0\xcf\x11\xe0" and b"E\0n\0c\0r\0y\0p\0t\0e\0d" in data:
            raise UnreadableFile("the workbook is locked with a password: save it without one") from None
        raise UnreadableFile(f"the workbook is damaged: {_short(error)}") from None
    notes = [f"Only the sheet '{name}' was read; the workbook has {len(book.sheet_names)}."]
    return Reading("xlsx", _sheet_rows(rows, start), notes if len(book.sheet_names) > 1 else [])


def _sheet_rows(rows: list[list[Any]], start: int) -> Iterator[RawRow]:
    header = header_names([str(plain_value(cell)) for cell in rows[start]])
    number = 0
    for line, cells in enumerate(rows[start + 1 :], start=start + 2):
        if all(cell == "" for cell in cells):
            continue
        number += 1
        values = {
            name: unguard(value) if isinstance(value := plain_value(cell), str) else value
            for name, cell in zip(header, cells, strict=False)
            if name
        }
        yield RawRow(number, values, None, f"line {line} of the sheet, the header line counted")


def plain_value(value: Any) -> Any:
    """The value as JSON knows it: whole floats as integers, dates as ISO 8601, bytes as their text."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Decimal | timedelta):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    return value


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:160].rstrip(".") if lines else type(error).__name__

"""Rows of Parquet files, and values of files that are no text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from workbench.demonstrations.delimited import header_names
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
        raise UnreadableFile(f"the Parquet file is damaged or cut off: {first_line(error)}") from None
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
        raise UnreadableFile(f"the Parquet file is damaged after row {number:,}: {first_line(error)}") from None


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


def first_line(error: Exception) -> str:
    """What the error says, in one short line without a full stop."""
    lines = str(error).strip().splitlines()
    return lines[0][:160].rstrip(".") if lines else type(error).__name__

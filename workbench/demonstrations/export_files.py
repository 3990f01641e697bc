"""Files of exported rows: .jsonl and .parquet lose nothing, .csv is for spreadsheets.

Cells of a CSV file that a spreadsheet would take for a formula get a leading '; an import takes it away.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.demonstrations.delimited import guard
from workbench.errors import InvalidInput

Row = dict[str, Any]
_LISTS = frozenset({"tags", "key_facts", "reasons"})


def writer_for(out: Path) -> Callable[[list[Row], Sequence[str]], int]:
    """What writes rows to this file, by its extension.

    Raises:
        InvalidInput: the extension is unknown or the folder is not there.
    """
    writers: dict[str, Callable[[Path, list[Row], Sequence[str]], None]] = {
        ".jsonl": _write_jsonl,
        ".csv": _write_csv,
        ".parquet": _write_parquet,
    }
    writer = writers.get(out.suffix.casefold())
    if writer is None:
        raise InvalidInput(f"{out.name}: an export can be written as {' '.join(writers)}; name the file so.")
    if not out.parent.is_dir():
        raise InvalidInput(f"The folder {out.parent} does not exist.")

    def write(rows: list[Row], columns: Sequence[str]) -> int:
        # Written aside and renamed: an export that breaks off leaves no half file under the name.
        aside = out.with_name(f".{out.name}.{os.getpid()}.part")
        try:
            writer(aside, rows, columns)
            aside.replace(out)
        except OSError as error:
            raise InvalidInput(f"{out} cannot be written: {error.strerror or error}.") from error
        finally:
            aside.unlink(missing_ok=True)
        return len(rows)

    return write


def _write_jsonl(path: Path, rows: list[Row], columns: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            plain = {name: _plain(row[name]) for name in columns}
            file.write(json.dumps(plain, ensure_ascii=False) + "\n")


def _write_csv(path: Path, rows: list[Row], columns: Sequence[str]) -> None:
    # The mark tells Excel that it is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([_cell(row[name]) for name in columns] for row in rows)


def _write_parquet(path: Path, rows: list[Row], columns: Sequence[str]) -> None:
    import pyarrow.parquet as pq

    pq.write_table(parquet_table(rows, columns), path)


def parquet_table(rows: list[Row], columns: Sequence[str]) -> Any:
    """The rows as an Arrow table; objects that have no type of their own stand as JSON."""
    import pyarrow as pa

    def texts(*names: str) -> pa.DataType:
        return pa.list_(pa.struct([(name, pa.string()) for name in names]))

    types = {
        "messages": texts("role", "content"),
        "conversations": texts("from", "value"),
        **dict.fromkeys(_LISTS, pa.list_(pa.string())),
        **dict.fromkeys(("created_at", "updated_at"), pa.timestamp("us", tz="UTC")),
        **dict.fromkeys(("margin", "seconds"), pa.float64()),
        "votes": pa.int64(),
        **dict.fromkeys(("simulated", "both_bad"), pa.bool_()),
    }
    schema = pa.schema([(name, types.get(name, pa.string())) for name in columns])
    plain = [{name: _parquet_value(row[name]) for name in columns} for row in rows]
    return pa.Table.from_pylist(plain, schema)


def _parquet_value(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(_plain(value))
    # A number is no text that somebody could have made a formula: -0.5 stays a number.
    return text if isinstance(value, int | float) else guard(text)

"""Rejected rows as a CSV file: mended there, they can be imported again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.demonstrations.delimited import guard
from workbench.demonstrations.import_report import RejectedRow
from workbench.demonstrations.json_rows import line_row
from workbench.demonstrations.line_files import kind_of_lines

OWN = ("file", "row", "reason")
"""The first columns; those of the rows follow under their own names, by which an import knows them."""


def rejected_csv(files: Sequence[tuple[str, Sequence[RejectedRow]]]) -> bytes:
    """The rejected rows of each file with its name, their numbers, the reasons, and what they held."""
    rows = [(name, item, _cells(item.values or {})) for name, rejected in files for item in rejected]
    columns = dict.fromkeys(column for _, _, cells in rows for column in cells)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow((*OWN, *map(guard, columns)))
    for name, item, cells in rows:
        found = (cells.get(column, "") for column in columns)
        writer.writerow((guard(name), item.row, guard(item.reason), *map(guard, found)))
    return text.getvalue().encode("utf-8-sig", "replace")


def with_lines(path: Path, rejected: Sequence[RejectedRow]) -> list[RejectedRow]:
    """Rejected rows of a large JSON Lines file, whose rows are not kept, with what stands in their lines."""
    wanted = {item.row for item in rejected}
    found: dict[int, Mapping[str, Any] | None] = {}
    encoding, ends = kind_of_lines(path)
    with path.open(encoding=encoding.codec, errors="replace", newline=ends) as file:
        for number, line in enumerate(file, start=1):
            if number in wanted:
                found[number] = line_row(number, line).values
    return [replace(item, values=found.get(item.row)) for item in rejected]


def _cells(values: Mapping[str, Any]) -> dict[str, str]:
    """The values as texts, lists and objects as JSON."""
    if values.keys() >= set(OWN):  # a row of such a file, rejected again
        values = {name: value for name, value in values.items() if name not in OWN}
    cells = {}
    for name, value in values.items():
        shown = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
        cells[f"{name} of the row" if name in OWN else name] = shown
    return cells

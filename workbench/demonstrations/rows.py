"""Rows as they stand in a file, before anybody asks what they mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.demonstrations.decoding import holds_left_bytes

MAX_ROWS = 200_000
MAX_COLUMNS = 1_000
PARTS = 256
"""One line gives at most so many rows (languages, exchanges); its number in the file is the row's, times this."""


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
    notes: tuple[str, ...] = ()
    """What was done to the file to read it (mended, unpacked), each a sentence for the person."""


@dataclass(slots=True)
class Reading:
    """What one reader found: the rows may be read lazily, and notes may grow until the last row is read."""

    format: str
    rows: Iterator[RawRow]
    notes: list[str] = field(default_factory=list)


def whole_row(row: RawRow, encoding: str) -> RawRow:
    """The row; without its values, and with the reason, where they hold bytes that are none of the encoding."""
    if row.values is None or not holds_left_bytes(json.dumps(row.values, ensure_ascii=False)):
        return row
    return replace(row, values=None, problem=f"the row holds bytes that are not {encoding}")

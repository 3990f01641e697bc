"""What was read of a file, what became of its rows, and how far an import is."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.demonstrations.columns import DemonstrationFields
from workbench.demonstrations.rows import RawRow
from workbench.demonstrations.text_rules import Status

OnProgress = Callable[[str, float, float | None], None]
"""Told what is being done, the share of the whole that is done (0 to 1), and the seconds left where they are known."""
_PLACE = re.compile(r" \((?:line [^)]*|row \d+ of .*)\)$")
_NUMBER = re.compile(r"\d[\d,]*")
LEAST_SHARE = 0.02
"""Below this nothing is said of the time left."""


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not taken.

    ``row`` counts as a person would: the line of a JSONL file; in a list or table the first row of data is 1
    (the reason then says the line in the file too). ``values`` are what it holds, where that could be read and was
    kept.
    """

    row: int
    reason: str
    values: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)


def reasons(rejected: Sequence[RejectedRow]) -> list[tuple[str, int]]:
    """Why rows were rejected and how many for each reason, the commonest first.

    Reasons that differ only in a number, as that of characters, are one; the first of them stands for all.
    """
    found: dict[str, list[str]] = {}
    for row in rejected:
        reason = _PLACE.sub("", row.reason)
        found.setdefault(_NUMBER.sub("#", reason), []).append(reason)
    return sorted(((same[0], len(same)) for same in found.values()), key=lambda pair: -pair[1])


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the rows of one file: ``rows`` were accepted, duplicates, or rejected.

    A row that holds several languages or exchanges counts once for each. Where more than 100,000 rows of a large file
    are rejected, the last entry of ``rejected`` stands for the others.
    """

    format: str
    rows: int
    accepted: int
    duplicates: int
    rejected: list[RejectedRow]
    unused_columns: tuple[str, ...] = ()
    """Columns of the file that nothing was taken from."""

    @property
    def refused(self) -> int:
        """How many rows were rejected."""
        return self.rows - self.accepted - self.duplicates


@dataclass(frozen=True, slots=True)
class DemonstrationFile:
    """A file that has been read and checked, but not stored."""

    filename: str
    format: str
    fields: list[DemonstrationFields]
    rejected: list[RejectedRow] = field(default_factory=list)
    status: Status = "approved"
    """Status of the rows that state none."""
    source: str = ""
    """Source of the rows that name none."""
    notes: tuple[str, ...] = ()
    unused_columns: tuple[str, ...] = ()


def reject(row: RawRow, reason: str) -> RejectedRow:
    """The row as rejected, with its line in the file where that differs from its number."""
    return RejectedRow(row.row, f"{reason} ({row.where})" if row.where else reason, row.values)


def report_of(file: DemonstrationFile, accepted: int) -> ImportReport:
    """The report on a file of which so many rows were, or would be, accepted."""
    return ImportReport(
        format=file.format,
        rows=len(file.fields) + len(file.rejected),
        accepted=accepted,
        duplicates=len(file.fields) - accepted,
        rejected=file.rejected,
        unused_columns=file.unused_columns,
    )


class StepProgress:
    """How far work of several steps is: each step takes about its share of the time."""

    def __init__(self, on_progress: OnProgress, steps: Mapping[str, float]) -> None:
        self._on_progress = on_progress
        self._steps = steps
        self._began = time.monotonic()

    def at(self, step: str, share: float = 0.0) -> None:
        """``share`` of this step is done, and all steps before it; a step that is not known tells nothing."""
        if step not in self._steps:
            return
        names = list(self._steps)
        before = sum(self._steps[name] for name in names[: names.index(step)])
        done = (before + share * self._steps[step]) / sum(self._steps.values())
        spent = time.monotonic() - self._began
        self._on_progress(step, done, spent * (1 - done) / done if done >= LEAST_SHARE else None)

"""What is said of an import: for people, or as one JSON object."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.output import say

if TYPE_CHECKING:
    from workbench.demonstrations.documents import Document, Wanted
    from workbench.demonstrations.import_report import ImportReport

SHOWN_REJECTIONS = 20


def print_reports(files: list[Path], reports: list[ImportReport]) -> None:
    """A line for each file, and on stderr what was not taken from it."""
    from workbench.demonstrations.column_choice import unused_sentence

    for path, report in zip(files, reports, strict=True):
        print(
            f"{path}: {report.rows} rows, {report.accepted} accepted, {report.duplicates} duplicates, "
            f"{report.refused} rejected"
        )
        if report.unused_columns:
            say(f"  {unused_sentence(report.unused_columns)}")
        for item in report.rejected[:SHOWN_REJECTIONS]:
            say(f"  row {item.row}: {item.reason}")
        if report.refused > SHOWN_REJECTIONS:
            say(f"  and {report.refused - SHOWN_REJECTIONS} more rows; --rejected FILE writes them to a file")


def summary(files: list[Path], reports: list[ImportReport]) -> dict[str, Any]:
    """What became of the rows; of several files the sums, with the file named at each rejected row and column."""
    several = len(reports) > 1
    unused: list[Any] = [
        {"file": str(path), "column": column} if several else column
        for path, report in zip(files, reports, strict=True)
        for column in report.unused_columns
    ]
    formats = {report.format for report in reports}
    return {
        "format": formats.pop() if len(formats) == 1 else "several",
        "rows": sum(report.rows for report in reports),
        "accepted": sum(report.accepted for report in reports),
        "duplicates": sum(report.duplicates for report in reports),
        "rejected": [
            ({"file": str(path)} if several else {}) | {"row": row.row, "reason": row.reason}
            for path, report in zip(files, reports, strict=True)
            for row in report.rejected
        ],
        **({"unused_columns": unused} if unused else {}),
    }


def say_undrafted(path: Path, documents: list[Document], wanted: Wanted) -> None:
    """Which documents give no draft, and what to do."""
    from workbench.demonstrations.documents import undrafted

    found = undrafted(documents, wanted=wanted, all_wanted_by="use --sections all")
    for sentence in found[:SHOWN_REJECTIONS]:
        say(sentence)
    if len(found) > SHOWN_REJECTIONS:
        say(f"{path}: {len(found) - SHOWN_REJECTIONS} more documents give no draft.")

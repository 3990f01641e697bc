"""Reading an uploaded table of rows in a child process with limits on memory and time.

Run as ``python -m workbench.demonstrations.parsing FILE NAME`` the module is that child.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from workbench.demonstrations.formats import read_table
from workbench.demonstrations.rows import RawRow, RawTable
from workbench.demonstrations.sandbox import MAX_UPLOAD_BYTES, check_file, child, run_limited

__all__ = ["MAX_UPLOAD_BYTES", "check_file", "parse_file"]


def parse_file(path: Path, filename: str | None = None) -> RawTable:
    """The rows of a file, read in a child process.

    Args:
        path: where the bytes lie.
        filename: the name that the person's file has, where the path is another (an upload).

    Raises:
        UnreadableFile: no file, too large, no rows, or not readable within the limits.
    """
    name = filename or path.name
    check_file(path, name)
    output = run_limited("workbench.demonstrations.parsing", [str(path.resolve()), name], name)
    content = json.loads(output.decode("utf-8", "surrogatepass"))
    rows = [RawRow(*row) for row in content["rows"]]
    return RawTable(content["format"], tuple(content["columns"]), rows, tuple(content["notes"]))


def _read(arguments: list[str]) -> bytes:
    path, filename = arguments
    table = read_table(Path(path).read_bytes(), filename)
    rows = [(row.row, row.values, row.problem, row.where) for row in table.rows]
    content = {"format": table.format, "columns": table.columns, "rows": rows, "notes": table.notes}
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")


if __name__ == "__main__":
    sys.exit(child(_read))

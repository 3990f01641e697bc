"""Reading an uploaded file in a child process with limits on memory and time.

A file is somebody else's: one that makes a parser take all memory must not take the server with it. Run as
``python -m workbench.demonstrations.parsing FILE NAME`` the module is that child; it imports nothing heavy.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

from workbench.demonstrations.formats import RawRow, RawTable, read_table
from workbench.errors import UnreadableFile

MAX_UPLOAD_BYTES = 25 * 1024 * 1024
MEMORY_BYTES = 1024 * 1024 * 1024
TIMEOUT_SECONDS = 60
_UNREADABLE = 3


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
    # -P: a csv.py or json.py in the folder that one happens to stand in must not be taken for Python's own.
    command = [sys.executable, "-P", "-m", "workbench.demonstrations.parsing", str(path.resolve()), name]
    try:
        child = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnreadableFile(f"{name}: it was not read within {TIMEOUT_SECONDS} seconds; split the file.") from None
    if child.returncode == _UNREADABLE:
        raise UnreadableFile(f"{name}: {child.stdout.decode('utf-8', 'replace')}.")
    if child.returncode != 0:
        raise UnreadableFile(f"{name}: it cannot be read within {MEMORY_BYTES // 2**20} MB of memory; split the file.")
    return _table(json.loads(child.stdout.decode("utf-8", "surrogatepass")))


def check_file(path: Path, name: str) -> None:
    """Refuses what need not be opened: no file, too large, not readable.

    Raises:
        UnreadableFile: with the reason.
    """
    try:
        info = path.stat()
    except FileNotFoundError:
        raise UnreadableFile(f"There is no file {path}.") from None
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be opened: {error.strerror}.") from None
    if not stat.S_ISREG(info.st_mode):
        raise UnreadableFile(f"{path} is not a file.")
    if not os.access(path, os.R_OK):
        raise UnreadableFile(f"{path} may not be read by this user.")
    if info.st_size > MAX_UPLOAD_BYTES:
        raise UnreadableFile(
            f"{name} has {info.st_size / 2**20:,.0f} MB; at most {MAX_UPLOAD_BYTES // 2**20} MB "
            "can be imported at once: split the file."
        )


def _table(content: dict[str, Any]) -> RawTable:
    rows = [RawRow(*row) for row in content["rows"]]
    return RawTable(content["format"], tuple(content["columns"]), rows)


def _limit_resources() -> None:
    try:
        import resource
    except ImportError:  # not a POSIX system; the time limit still holds
        return
    for limit, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, TIMEOUT_SECONDS)):
        _, hard = resource.getrlimit(limit)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(limit, (allowed, hard))
        except (ValueError, OSError):  # macOS refuses some of them
            continue


def _child(path: str, filename: str) -> int:
    _limit_resources()
    try:
        table = read_table(Path(path).read_bytes(), filename)
    except UnreadableFile as error:
        sys.stdout.buffer.write(str(error).encode("utf-8", "replace"))
        return _UNREADABLE
    rows = [(row.row, row.values, row.problem, row.where) for row in table.rows]
    content = {"format": table.format, "columns": table.columns, "rows": rows}
    sys.stdout.buffer.write(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return 0


if __name__ == "__main__":
    sys.exit(_child(sys.argv[1], sys.argv[2]))

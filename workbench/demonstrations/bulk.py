"""JSON Lines files of any size, in memory that does not grow with them.

A child process (``bulk_child``) reads the file and writes its rows to Parquet files in a scratch folder of the
workspace: plain rows in SQL (``bulk_sql``), the others line by line in Python. The workspace then takes what is new in
one transaction.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.demonstrations.decoding import without_left_bytes
from workbench.demonstrations.rows import PARTS
from workbench.demonstrations.sandbox import check_file, run_limited

if TYPE_CHECKING:
    from workbench.demonstrations.column_choice import ColumnChoice, Html
    from workbench.demonstrations.messages import Turns

EXTENSIONS = (".jsonl", ".ndjson")
LARGE_BYTES = 8 * 2**20
"""From this size on the start of the child is worth its while."""
MAX_BYTES = 16 * 2**30
SECONDS = 1_800
MEMORY_BYTES = 4 * 2**30
PROGRESS = "progress"
"""Name of the file in the scratch folder in which the child says what share of the file it has read."""
COPY, PLAIN, EXTRA = "copy.jsonl", "plain.parquet", "extra.parquet"
"""The file in UTF-8 where it is in anything else, plain rows, and the other rows."""
OnShare = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked of the reading by command, where the columns are found by their names."""

    prompt: str | None = None
    response: str | None = None
    ignore: Sequence[str] = ()
    turns: Turns = "single"
    html: Html | None = None


@dataclass(frozen=True, slots=True)
class StagedFile:
    """What the child made of a file: Parquet files with ``good`` rows, and the ``refused`` ones.

    ``rejected`` are their numbers and reasons; the last entry stands for those beyond the first 100,000.
    ``constants`` are what all plain rows have in the columns that their file does not have.
    """

    folder: Path
    good: int
    refused: int
    rejected: list[tuple[int, str]]
    constants: dict[str, str | None]
    unused: tuple[str, ...] = ()
    """Columns that nothing is taken from."""
    notes: tuple[str, ...] = ()
    """What is to be said of the columns, each a sentence."""

    @property
    def relation(self) -> str:
        """The good rows as a relation for ``take_staged``."""
        return f"({' UNION ALL BY NAME '.join(self._parts())})"

    def _parts(self) -> Iterator[str]:
        if (self.folder / PLAIN).exists():
            constants = {"origin": None, **self.constants}
            more = ", ".join(f"{_literal(value)}::VARCHAR AS {name}" for name, value in constants.items())
            yield f"""SELECT * EXCLUDE (file_row_number, ok), file_row_number * {PARTS} AS row,
                NULL::VARCHAR[] AS key_facts, {more}
                FROM read_parquet({_literal(self.folder / PLAIN)}, file_row_number = true) WHERE ok"""
        if (self.folder / EXTRA).exists():
            yield f"SELECT * FROM read_parquet({_literal(self.folder / EXTRA)})"


def is_large(path: Path) -> bool:
    """Whether a file is one for this way: lines of JSON, and many of them."""
    try:
        return path.suffix.casefold() in EXTENSIONS and path.is_file() and path.stat().st_size > LARGE_BYTES
    except OSError:
        return False


@contextmanager
def staged_file(
    folder: Path,
    path: Path,
    *,
    author: str,
    choice: ColumnChoice | None = None,
    asked: Asked | None = None,
    on_share: OnShare | None = None,
) -> Iterator[StagedFile]:
    """Reads a file into a scratch folder inside ``folder``; it is gone when the block ends.

    Args:
        folder: the workspace's folder, where its database may read.
        path: the file.
        author: who wrote the rows that do not say.
        choice: what the columns mean; found by their names where None.
        asked: what a person asked of the reading, where the columns are found.
        on_share: told now and then what share of the file has been read.

    Raises:
        UnreadableFile: the file as a whole cannot be read.
    """
    check_file(path, path.name, MAX_BYTES)
    scratch = Path(tempfile.mkdtemp(prefix="import-", dir=folder))

    def look() -> None:
        with suppress(OSError, ValueError):  # not written yet, or half written
            if on_share is not None:
                on_share(float((scratch / PROGRESS).read_text()))

    try:
        settings = {"author": author, "choice": asdict(choice) if choice else None, "asked": asdict(asked or Asked())}
        arguments = [str(path.resolve()), without_left_bytes(path.name), str(scratch), json.dumps(settings)]
        output = run_limited(
            "workbench.demonstrations.bulk_child",
            arguments,
            path.name,
            memory=MEMORY_BYTES,
            seconds=SECONDS,
            while_waiting=look,
        )
        found = json.loads(output)
        rejected = [(row, reason) for row, reason in found["rejected"]]
        unused, notes = tuple(found["unused"]), tuple(found["notes"])
        yield StagedFile(scratch, found["good"], found["refused"], rejected, found["constants"], unused, notes)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _literal(value: str | Path | None) -> str:
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"

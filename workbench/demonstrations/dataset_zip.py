"""Zip files that hold a dataset folder: a card and rows in several files, as an export to Hugging Face makes them.

Run as ``python -m workbench.demonstrations.dataset_zip FILE`` the module is the child process that looks into one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from workbench.demonstrations.archives import Entry, open_zip, wanted_name
from workbench.demonstrations.document_text import EXTENSIONS as DOCUMENTS
from workbench.demonstrations.rows import RawRow, Reading
from workbench.demonstrations.sandbox import check_file, child, run_limited
from workbench.errors import UnreadableFile

ROWS = (".parquet", ".jsonl")
"""Extensions of the files in which a dataset folder keeps its rows."""
DATA, CARD = "data", "readme.md"
YES = b"rows"


def holds_rows(path: Path, filename: str) -> bool:
    """Whether a zip file seems to hold rows and no handbook: a dataset folder, or no document at all.

    Raises:
        UnreadableFile: it is damaged, too large, or not to be looked into within the limits.
    """
    check_file(path, filename)
    return run_limited("workbench.demonstrations.dataset_zip", [str(path.resolve())], filename) == YES


def dataset_files(names: Iterable[str]) -> list[str]:
    """Those names that are the files of rows of a dataset folder, sorted; none where they are no such folder.

    It has a card or a folder ``data``, and may itself lie in one folder.
    """
    paths = {name: PurePosixPath(name).parts for name in names}
    inside = len({parts[0] for parts in paths.values()}) == 1 and min(map(len, paths.values())) > 1
    return (_rows_below({name: parts[1:] for name, parts in paths.items()}) if inside else []) or _rows_below(paths)


def _rows_below(paths: Mapping[str, tuple[str, ...]]) -> list[str]:
    if not any(parts[0] == DATA if len(parts) > 1 else parts[0].casefold() == CARD for parts in paths.values()):
        return []
    places = ((), (DATA,))
    return sorted(
        name for name, parts in paths.items() if parts[:-1] in places and PurePosixPath(name).suffix.casefold() in ROWS
    )


def joined(files: Sequence[Entry], read: Callable[[Entry], Reading]) -> Reading:
    """The rows of several files one after another, counted through; each says where it stands in its own file."""
    reading = Reading("", iter(()))
    reading.rows = _rows(files, read, reading)
    return reading


def _rows(files: Sequence[Entry], read: Callable[[Entry], Reading], whole: Reading) -> Iterator[RawRow]:
    number = 0
    for file in files:
        name = PurePosixPath(file.name).name
        try:
            part = read(file)
            whole.format = whole.format or part.format
            for row in part.rows:
                number += 1
                where = f"row {row.row} of {name}" + (f", {row.where}" if row.where else "")
                yield replace(row, row=number, where=where)
        except UnreadableFile as error:
            raise UnreadableFile(f"'{name}' in the zip file: {error}") from None
        whole.notes.extend(f"{name}: {note}" for note in part.notes)


def _look(arguments: list[str]) -> bytes:
    (path,) = arguments
    names = [name for info in open_zip(Path(path).read_bytes()).infolist() if (name := wanted_name(info))]
    documents = any(PurePosixPath(name).suffix.casefold() in DOCUMENTS for name in names)
    return YES if dataset_files(names) or not documents else b""


if __name__ == "__main__":
    sys.exit(child(_look))

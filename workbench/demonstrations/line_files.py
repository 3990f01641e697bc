"""Large files of lines: a look at some of them, their encoding, and the lines that are asked for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from workbench.demonstrations.decoding import SAMPLE_BYTES, WIDE, Encoding, encoding_of, holds_left_bytes
from workbench.errors import UnreadableFile

LONGEST_LINE = 16 * 2**20
HEAD_LINES, PLACES, LINES_A_PLACE = 1_000, 100, 20
"""A sample is the first lines and some at so many places all over the file."""
UTF8 = Encoding("utf-8-sig", "UTF-8")


def as_utf8(path: Path, copy: Path) -> tuple[Path, Encoding]:
    """A path to the file's lines in UTF-8 with a line feed at the end of each, and the encoding they were read as.

    That is the file itself, or ``copy`` where it is anything else or its name is no text.

    Raises:
        UnreadableFile: the bytes are no text.
    """
    found, ends = kind_of_lines(path)
    if found == UTF8 and ends == "\n":
        if not holds_left_bytes(str(path)):
            return path, UTF8
        copy.symlink_to(path)
        return copy, UTF8
    # A byte that the encoding does not know goes on as it is, and its row is refused.
    errors = "strict" if found.codec in WIDE else "surrogateescape"
    try:
        with (
            path.open(encoding=found.codec, errors=errors) as source,
            copy.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as target,
        ):
            shutil.copyfileobj(source, target, 2**20)
    except UnicodeDecodeError:
        raise UnreadableFile(f"the file says that it is {found.name} but breaks off") from None
    return copy, found


def kind_of_lines(path: Path) -> tuple[Encoding, str | None]:
    """The encoding, and the end of lines as ``open`` takes it: line feeds, or None for any."""
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    found = encoding_of(head)
    if found != UTF8 or (b"\n" not in head and b"\r" in head):
        return found, None
    # It may look like UTF-8 for pages before the first accent.
    found = encoding_of(b"".join(line for line in sample_lines(path) if not line.isascii())[: 2**20])
    return found, "\n" if found == UTF8 else None


def sample_lines(path: Path) -> Iterator[bytes]:
    """Some lines of the file, most of them from its beginning.

    Raises:
        UnreadableFile: one of the first is too long.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        yield from islice(_lines(file), HEAD_LINES)
        for number in range(1, PLACES):
            if (place := size * number // PLACES) > file.tell():
                file.seek(place)
                file.readline(LONGEST_LINE)  # the rest of a line
                with suppress(UnreadableFile):  # who reads all lines counts them and can say which one it is
                    yield from islice(_lines(file), LINES_A_PLACE)


def wanted_lines(path: Path, wanted: Iterator[int] | None) -> Iterator[tuple[int, int, str]]:
    """(ordinal among lines that are not blank, number in the file, text) of the lines asked for, in order.

    All lines where ``wanted``, ordinals that rise, is None. A byte that is not UTF-8 stands in the text as half a
    character.
    """
    following = None if wanted is None else next(wanted, None)
    if wanted is not None and following is None:
        return
    ordinal = -1
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), start=1):
            if not line.strip():
                continue
            ordinal += 1
            if wanted is None or ordinal == following:
                yield ordinal, number, line_text(line)
            if wanted is not None and ordinal == following:
                following = next(wanted, None)
                if following is None:
                    return


def line_text(line: bytes) -> str:
    """The text of a line; a byte that is not UTF-8 stands in it as half a character."""
    return line.rstrip(b"\r\n").decode("utf-8-sig", "surrogateescape")


def too_long(path: Path) -> UnreadableFile:
    """What is said of a file with a line that is too long: which one it is."""
    try:
        with path.open("rb") as file:
            for _ in _lines(file):
                pass
    except UnreadableFile as error:
        return error
    return UnreadableFile(f"a line is longer than {LONGEST_LINE // 2**20} MB")


def _lines(file: Any) -> Iterator[bytes]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise UnreadableFile(f"line {number:,} is longer than {LONGEST_LINE // 2**20} MB")
        yield line

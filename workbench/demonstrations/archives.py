"""Unpacking gzip and zip files without being flooded by them.

A few kilobytes can unpack to gigabytes, so sizes are counted while unpacking; what a zip file says of itself
is not believed.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from workbench.errors import UnreadableFile

MAX_UNPACKED_BYTES = 100 * 2**20
MAX_ENTRIES = 5_000
MAX_RATIO = 200
"""Text packs to a tenth or so; a file that packs to a two-hundredth is made to flood."""
CHUNK = 2**16
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
_CLUTTER = ("__MACOSX/", ".")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive."""

    name: str
    data: bytes


def gunzip(data: bytes, limit: int = MAX_UNPACKED_BYTES) -> bytes:
    """What a gzip file holds, all of its members.

    Raises:
        UnreadableFile: it is damaged, cut off, or unpacks to more than ``limit`` bytes.
    """
    parts, size, rest = [], 0, data
    while rest.startswith(GZIP):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            piece = unpacker.decompress(rest, CHUNK)
            while piece or not unpacker.eof:
                size += len(piece)
                if size > limit:
                    raise UnreadableFile(f"the gzip file unpacks to more than {limit // 2**20} MB; split it")
                parts.append(piece)
                if not piece and not unpacker.unconsumed_tail:
                    raise UnreadableFile("the gzip file is cut off: download or copy it again")
                piece = unpacker.decompress(unpacker.unconsumed_tail, CHUNK)
        except zlib.error as error:
            raise UnreadableFile(f"the gzip file is damaged: {error}") from None
        rest = unpacker.unused_data.lstrip(b"\0")
    return b"".join(parts)


def open_zip(data: bytes) -> zipfile.ZipFile:
    """The archive, its list of files read.

    Raises:
        UnreadableFile: it is damaged or holds too many files.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise UnreadableFile(f"the zip file is damaged or cut off: {error}") from None
    if len(archive.infolist()) > MAX_ENTRIES:
        raise UnreadableFile(f"the zip file holds more than {MAX_ENTRIES:,} files")
    return archive


def entries(archive: zipfile.ZipFile, limit: int = MAX_UNPACKED_BYTES) -> Iterator[Entry]:
    """The files of an archive, one after another; folders and a system's own clutter are left out.

    Names are only labels: nothing is written under them.

    Raises:
        UnreadableFile: an entry is damaged, locked, or the whole unpacks to too much.
    """
    left = limit
    for info in archive.infolist():
        name = wanted_name(info)
        if name:
            data = _entry(archive, info, left)
            left -= len(data)
            yield Entry(name, data)


def wanted_name(info: zipfile.ZipInfo) -> str:
    """The name of a file of an archive, as a label; empty for folders and a system's own clutter."""
    name = PurePosixPath(info.filename.replace("\\", "/"))
    if info.is_dir() or info.filename.startswith("__MACOSX/") or name.name.startswith("."):
        return ""
    return "/".join(part for part in name.parts if part not in ("..", "/"))


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> bytes:
    if info.flag_bits & 1:
        raise UnreadableFile(f"'{info.filename[:80]}' in the zip file is locked with a password")
    most = min(left, max(info.compress_size * MAX_RATIO, 2**20))
    try:
        with archive.open(info) as file:
            data = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnreadableFile(f"'{info.filename[:80]}' in the zip file cannot be read: {error}") from None
    if len(data) > most:
        raise UnreadableFile("the zip file unpacks to far more than its size; it looks made to flood a reader")
    return data

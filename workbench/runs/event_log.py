"""``events.jsonl``: one worker appends, one supervisor reads behind it."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from pathlib import Path
from types import TracebackType

from pydantic import ValidationError

from workbench.errors import RunError
from workbench.runs.events import Event, Notice, event_adapter

READ_BYTES = 8 * 1024 * 1024
"""Most bytes that one call of ``read_events`` takes up, unless a single line is longer."""


class EventWriter:
    """Appends events, each by one write to an O_APPEND descriptor, so that a kill can tear only the last line.

    Opening cuts off a torn last line and goes on counting ``seq`` from the lines that are there. The file is
    locked for as long as the writer is open. Raises RunError where another process writes it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._guard = threading.Lock()
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise RunError(f"Another worker writes {path} already.") from error
        self._seq, self._size = _complete_lines(self._descriptor)
        os.ftruncate(self._descriptor, self._size)

    def emit(self, event: Event) -> None:
        """Appends the event with its ``seq`` and time. Raises OSError (a full disk), and then nothing was added."""
        with self._guard:
            stamped = event.model_copy(update={"seq": self._seq, "time": time.time()})
            line = stamped.model_dump_json().encode() + b"\n"
            written = os.write(self._descriptor, line)
            if written != len(line):
                os.ftruncate(self._descriptor, self._size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._seq += 1
            self._size += written

    def sync(self) -> None:
        """Waits until all events are on disk."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Lets the file go. Closing twice is fine."""
        with self._guard:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_events(path: Path, offset: int = 0) -> tuple[list[Event], int]:
    """The events from byte ``offset`` up to the last newline, and the byte after it.

    Returns what fits in READ_BYTES; call again from the new offset for more. A line that cannot be read comes
    as a Notice that says where, so that it is neither lost in silence nor in the way of the others.
    """
    block = _block(path, offset)
    events: list[Event] = []
    position = offset
    for line in block.splitlines(keepends=True):
        events.append(_event(line, position))
        position += len(line)
    return events, position


def _event(line: bytes, position: int) -> Event:
    try:
        return event_adapter.validate_json(line)
    except ValidationError:
        message = f"The line at byte {position} of events.jsonl could not be read and was left out."
        return Notice(message=message, time=time.time())


def _block(path: Path, offset: int) -> bytes:
    """Whole lines from ``offset``; empty where there is none yet."""
    size = READ_BYTES
    try:
        with path.open("rb") as file:
            while True:
                file.seek(offset)
                block = file.read(size)
                end = block.rfind(b"\n") + 1
                if end or len(block) < size:
                    return block[:end]
                size *= 2
    except FileNotFoundError:
        return b""


def _complete_lines(descriptor: int) -> tuple[int, int]:
    """Number of complete lines and their length in bytes."""
    lines = length = position = 0
    while block := os.pread(descriptor, READ_BYTES, position):
        lines += block.count(b"\n")
        if b"\n" in block:
            length = position + block.rfind(b"\n") + 1
        position += len(block)
    return lines, length

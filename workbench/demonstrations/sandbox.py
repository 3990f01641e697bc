"""Work on somebody else's file in a child process with limits on memory and time.

One that makes a parser take all memory, or run forever, must not take the server with it. The child is a
module of ours, run by its name; it imports nothing that it does not need.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from workbench.errors import UnreadableFile

MAX_UPLOAD_BYTES = 25 * 1024 * 1024
MEMORY_BYTES = 2 * 1024 * 1024 * 1024
"""Of address space, which is more than what is really used: libraries reserve generously."""
TIMEOUT_SECONDS = 60
WAIT_SECONDS = 0.2
_FRUGAL = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "ARROW_IO_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
"""Arrow's own allocators and the arenas of many threads would fill the allowed address space with nothing."""
_UNREADABLE = 3
_NO_MEMORY = 4


def run_limited(
    module: str,
    arguments: Sequence[str],
    name: str,
    *,
    memory: int = MEMORY_BYTES,
    seconds: int = TIMEOUT_SECONDS,
    while_waiting: Callable[[], None] = lambda: None,
) -> bytes:
    """What the module's child process wrote to its output.

    Args:
        module: the child's module.
        arguments: its arguments.
        name: what the person calls the file, for the sentence of an error.
        memory: bytes of address space that it may take.
        seconds: how long it may take.
        while_waiting: called a few times a second until the child is done.

    Raises:
        UnreadableFile: the child refused the file, broke, or went over a limit.
    """
    # -P: a csv.py or json.py in the folder that one happens to stand in must not be taken for Python's own.
    command = [sys.executable, "-P", "-m", module, *arguments]
    limits = {"WORKBENCH_CHILD_MEMORY": str(memory), "WORKBENCH_CHILD_SECONDS": str(seconds), **_FRUGAL}
    try:
        status, output = _run(command, os.environ | limits, seconds, while_waiting)
    except subprocess.TimeoutExpired:
        raise UnreadableFile(f"{name}: it was not read within {seconds} seconds; split the file.") from None
    if status == _UNREADABLE:
        raise UnreadableFile(f"{name}: {output.decode('utf-8', 'replace')}.")
    if status < 0 and -status in (9, 24):
        raise UnreadableFile(f"{name}: it was not read within {seconds} seconds or the memory allowed; split the file.")
    if status != 0:
        raise UnreadableFile(f"{name}: it cannot be read within {memory // 2**20} MB of memory; split the file.")
    return output


def _run(
    command: Sequence[str], environment: Mapping[str, str], seconds: float, while_waiting: Callable[[], None]
) -> tuple[int, bytes]:
    """Exit status and output of a process; it is killed when its time is over, or when the caller is stopped.

    Raises subprocess.TimeoutExpired.
    """
    deadline = time.monotonic() + seconds
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            while True:
                try:
                    output, _ = process.communicate(timeout=min(WAIT_SECONDS, max(0.0, deadline - time.monotonic())))
                    return process.returncode, output
                except subprocess.TimeoutExpired:
                    if time.monotonic() >= deadline:
                        raise
                    while_waiting()
        except BaseException:
            process.kill()
            raise


def child(work: Callable[[list[str]], bytes]) -> int:
    """Runs ``work`` on the process's arguments within the limits; the exit status tells the parent what came of it."""
    limit_resources(
        int(os.environ.get("WORKBENCH_CHILD_MEMORY", MEMORY_BYTES)),
        int(os.environ.get("WORKBENCH_CHILD_SECONDS", TIMEOUT_SECONDS)),
    )
    try:
        output = work(sys.argv[1:])
    except UnreadableFile as error:
        return _say(str(error))
    except MemoryError:
        return _NO_MEMORY
    except RecursionError:
        return _say("it is nested too deeply")
    except Exception as error:
        # A parser of somebody else's that meets what its author never saw: the file is at fault, not the person.
        return _say(f"it is damaged; its reader stopped with {type(error).__name__}")
    sys.stdout.buffer.write(output)
    return 0


def check_file(path: Path, name: str, most: int = MAX_UPLOAD_BYTES) -> None:
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
    if info.st_size > most:
        raise UnreadableFile(
            f"{name} has {info.st_size / 2**20:,.0f} MB; at most {most // 2**20} MB can be imported at once: "
            "split the file."
        )


def limit_resources(memory: int, seconds: int) -> None:
    """Bounds this process's address space and processor time, as far as the system lets it."""
    try:
        import resource
    except ImportError:  # not a POSIX system; the time limit still holds
        return
    for limit, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(limit)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(limit, (allowed, hard))
        except (ValueError, OSError):  # macOS refuses some of them
            continue


def _say(reason: str) -> int:
    sys.stdout.buffer.write(reason.encode("utf-8", "replace"))
    return _UNREADABLE

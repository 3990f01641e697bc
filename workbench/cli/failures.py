"""How a command ends that cannot go on: one line on stderr and an exit code, never a traceback."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from workbench.errors import WorkbenchError

FAILED = 1
INTERRUPTED = 130
QUERY_INTERRUPTED = "Query interrupted"
"""What DuckDB makes of Ctrl-C while a query runs, in place of KeyboardInterrupt."""


def one_line(text: str) -> str:
    """The text without line breaks, so that a script can read one line."""
    return " ".join(text.split())


@contextmanager
def ending_cleanly() -> Iterator[None]:
    """Turns what a command raises into one line and an exit code.

    Usage errors are exited by the command line's parser (2), and pass through here.
    """
    try:
        yield
    except WorkbenchError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        _say("Interrupted.")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone (`workbench runs | head`); nothing more can be said to it.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(FAILED)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        _fail(f"{error.strerror or error}{where}. Details: {_write_log()}")
    except Exception as error:
        if isinstance(error, RuntimeError) and str(error) == QUERY_INTERRUPTED:
            _say("Interrupted.")
            sys.exit(INTERRUPTED)
        _fail(f"This is a defect of the workbench ({type(error).__name__}: {error}). Details: {_write_log()}")


def _fail(message: str) -> None:
    _say(f"error: {message}")
    sys.exit(FAILED)


def _say(message: str) -> None:
    with suppress(OSError):
        print(one_line(message), file=sys.stderr, flush=True)


def _write_log() -> str:
    """Writes the traceback to a file of its own and returns its path."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    try:
        handle, name = tempfile.mkstemp(prefix=f"workbench-error-{stamp}-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{' '.join(sys.argv)}\n\n{traceback.format_exc()}")
    except OSError:
        return "none (the log file cannot be written)"
    return str(Path(name))

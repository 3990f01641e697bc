"""Asking the process that owns a workspace for a backup: its database can be copied by nobody else.

A request is a file in the workspace's ``requests`` folder; the answer is a file beside it.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.backup.writing import Backup, write_backup
from workbench.errors import StorageError, WorkbenchError, WorkspaceInUse
from workbench.runs.run_dir import read_json, write_json

if TYPE_CHECKING:
    from workbench.workspace import Workspace

log = logging.getLogger(__name__)

FOLDER = "requests"
TAKEN_WITHIN = 15.0
"""Seconds in which an owner that listens takes a request up."""
DONE_WITHIN = 3600.0
POLL_SECONDS = 0.5


def ask_owner(root: Path, out: Path, in_use: WorkspaceInUse) -> Backup:
    """Have the owner of a workspace write a backup; waits until it is there.

    Raises:
        WorkspaceInUse: the owner does not listen: it is a command, or an older app.
        StorageError: the owner could not write it, and says why.
    """
    request = root / FOLDER / f"{uuid.uuid4().hex}.json"
    answer = request.with_suffix(".answer")
    write_json(request, {"backup": str(out.expanduser().resolve())})
    asked = time.monotonic()
    try:
        while not answer.exists():
            waited = time.monotonic() - asked
            if (request.exists() and waited > TAKEN_WITHIN) or waited > DONE_WITHIN:
                raise in_use
            time.sleep(POLL_SECONDS / 5)
        said = read_json(answer)
    finally:
        request.unlink(missing_ok=True)
        answer.unlink(missing_ok=True)
    if "error" in said:
        raise StorageError(str(said["error"]))
    return Backup(**said)


class BackupDesk:
    """A thread of the owner process that takes requests up, one after the other."""

    def __init__(self, ws: Workspace, poll_seconds: float = POLL_SECONDS) -> None:
        self.ws = ws
        self._poll_seconds = poll_seconds
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen."""
        self._thread = threading.Thread(target=self._loop, name="backups", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more; a backup that is being written is finished."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def take_up(self) -> int:
        """Serve what was asked for; returns how many requests there were."""
        requests = sorted((self.ws.root / FOLDER).glob("*.json"))
        for request in requests:
            wanted = read_json(request)
            answer: dict[str, object]
            request.unlink(missing_ok=True)  # taken: whoever asks knows by this that somebody listens
            try:
                answer = asdict(write_backup(self.ws, Path(str(wanted.get("backup", "")))))
            except WorkbenchError as error:
                answer = {"error": str(error)}
            except Exception as error:
                log.exception("a backup failed")
                answer = {"error": f"The backup failed: {type(error).__name__}: {error}"}
            write_json(request.with_suffix(".answer"), answer)
        return len(requests)

    def _loop(self) -> None:
        while not self._closing.wait(self._poll_seconds):
            try:
                self.take_up()
            except (OSError, WorkbenchError):
                log.exception("requests for backups cannot be read")

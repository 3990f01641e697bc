"""What a stage gets: its folder, a way to speak, and what it is told."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from workbench.runs.event_log import EventWriter
from workbench.runs.events import CheckpointSaved, Event, Failed, Finished, Stopped
from workbench.runs.run_dir import RunDir, read_json


class StopRun(Exception):
    """A stage may raise this after its checkpoint of ``step`` in order to leave."""

    def __init__(self, step: int = 0) -> None:
        super().__init__(f"stopped at step {step}")
        self.step = step


class RunContext:
    """One run, seen from inside its worker."""

    def __init__(self, run_dir: RunDir, writer: EventWriter) -> None:
        self.dir = run_dir
        self._writer = writer
        self._stop = threading.Event()

    @classmethod
    def for_directory(cls, path: Path) -> RunContext:
        """A context on a folder, in this process; for tests and for running a stage by hand."""
        return cls(RunDir(path), EventWriter(RunDir(path).events_path))

    def emit(self, event: Event) -> None:
        """Appends the event; checkpoints and ends are on disk when this returns. Raises OSError on a full disk."""
        self._writer.emit(event)
        if isinstance(event, CheckpointSaved | Finished | Stopped | Failed):
            self._writer.sync()

    def request_stop(self) -> None:
        """Asks the stage to write a checkpoint and leave; SIGTERM does this."""
        self._stop.set()

    def stop_requested(self) -> bool:
        """Whether SIGTERM came or ``control.json`` says stop."""
        return self._stop.is_set() or bool(self.control().get("stop"))

    def control(self) -> dict[str, Any]:
        """``control.json`` as it is now; empty where there is none."""
        return read_json(self.dir.control_path)

    def close(self) -> None:
        """Lets the events file go."""
        self._writer.close()

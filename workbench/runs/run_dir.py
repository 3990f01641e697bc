"""The folder of one run: everything needed to repeat it, and all that it made.

    runs/RUN_ID/
    ├── config.json     the stage's settings, its models, the hashes of its data
    ├── data/           the frozen dataset, as Parquet
    ├── events.jsonl    what the worker says
    ├── log.txt         what its libraries print
    ├── control.json    what it is told: stop, pause, new settings
    ├── steering.jsonl  which new settings it followed, and when
    ├── worker.json     which process works here
    ├── checkpoints/    checkpoint-STEP, each complete (with a DONE marker) or absent
    └── final/          the result, complete or absent

A run is a pure function of its folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from workbench.errors import RunError

DONE = "DONE"
"""Name of the empty file that marks a folder as complete."""

_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_ASIDE = "."  # folders being written or removed begin with a dot, so that no loader takes them for a checkpoint


class RunDir:
    """Paths and files of one run's folder; making the object touches nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_path = path / "config.json"
        self.events_path = path / "events.jsonl"
        self.log_path = path / "log.txt"
        self.control_path = path / "control.json"
        self.worker_path = path / "worker.json"
        self.checkpoints = path / "checkpoints"
        self.final = path / "final"
        self.data = path / "data"

    @property
    def workspace(self) -> Path:
        """The workspace's folder; adapter paths in a ModelSpec are relative to it."""
        return self.path.parent.parent

    def data_sha256(self, name: str) -> str:
        """SHA-256 of a file of the frozen data, in hexadecimal: written into the config, verified by the worker."""
        with (self.data / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @property
    def config(self) -> dict[str, Any]:
        """``config.json``. Raises RunError where it is missing or damaged."""
        try:
            content = json.loads(self.config_path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"{self.config_path} cannot be read: {error}.") from error
        if not isinstance(content, dict):
            raise RunError(f"{self.config_path} holds no settings.")
        return content

    def write_config(self, config: dict[str, Any]) -> None:
        """Replaces ``config.json`` in one step."""
        write_json(self.config_path, config)

    def save_checkpoint(self, step: int, write: Callable[[Path], None]) -> Path:
        """Calls ``write`` with an empty folder and makes it ``checkpoints/checkpoint-STEP`` once it is on disk.

        Where a complete checkpoint of this step exists it stays: the run went on from it. Whatever ``write``
        raises is raised again, and nothing of it stays.
        """
        target = self.checkpoints / f"checkpoint-{step}"
        if not (target / DONE).exists():
            self._publish(target, write)
        return target

    def mark_complete(self, checkpoint: Path) -> None:
        """Puts a folder that a trainer wrote in place on disk, then marks it DONE."""
        _sync_tree(checkpoint)
        (checkpoint / DONE).touch()
        _sync(checkpoint / DONE)
        _sync(checkpoint)
        _sync(checkpoint.parent)

    def latest_checkpoint(self) -> tuple[int, Path] | None:
        """Step and folder of the newest complete checkpoint, None where there is none."""
        return max(self.complete_checkpoints().items(), default=None)

    def complete_checkpoints(self) -> dict[int, Path]:
        """The folders of all complete checkpoints, by step."""
        return {step: path for step, path in self._checkpoints() if (path / DONE).exists()}

    def prune_checkpoints(self, keep: int, also: Collection[int] = ()) -> None:
        """Removes all but the newest ``keep`` complete checkpoints, and what a killed worker left half written.

        Those of the steps in ``also`` stay, however old.

        Incomplete checkpoints newer than the newest complete one stay: a trainer may be writing one.
        """
        complete = sorted(self.complete_checkpoints())
        kept = {*(complete[-keep:] if keep > 0 else []), *also}
        newest = complete[-1] if complete else -1
        for step, path in self._checkpoints():
            if step not in kept and step <= newest:
                self._remove(path)

    def clear_unfinished(self) -> None:
        """Removes whatever is incomplete; for a worker that starts, before anything is written.

        transformers finds checkpoints by name and would resume from a half-written one.
        """
        for _, path in self._checkpoints():
            if not (path / DONE).exists():
                self._remove(path)
        for folder in (self.path, self.checkpoints):
            for pattern in (f"{_ASIDE}writing-*", f"{_ASIDE}removing-*"):
                for path in folder.glob(pattern):
                    shutil.rmtree(path, ignore_errors=True)
        if self.final.is_dir() and not (self.final / DONE).exists():
            self._remove(self.final)

    def publish_final(self, write: Callable[[Path], None]) -> Path:
        """Calls ``write`` with an empty folder and makes it ``final/`` once it is on disk, replacing an older one."""
        self._publish(self.final, write)
        return self.final

    def _publish(self, target: Path, write: Callable[[Path], None]) -> None:
        aside = target.parent / f"{_ASIDE}writing-{target.name}"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        try:
            write(aside)
            self.mark_complete(aside)
        except BaseException:  # a full disk, a kill by exception: half a checkpoint is worth nothing
            shutil.rmtree(aside, ignore_errors=True)
            raise
        if target.exists():
            self._remove(target)
        aside.rename(target)
        _sync(target.parent)

    def _remove(self, path: Path) -> None:
        """A folder that is half removed must not look complete: rename first."""
        doomed = path.parent / f"{_ASIDE}removing-{path.name}"
        shutil.rmtree(doomed, ignore_errors=True)
        path.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    def _checkpoints(self) -> Iterator[tuple[int, Path]]:
        if not self.checkpoints.is_dir():
            return
        for path in sorted(self.checkpoints.iterdir()):
            found = _CHECKPOINT.fullmatch(path.name)
            if found and path.is_dir():
                yield int(found[1]), path


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Writes the file in one step: readers see the old content or the new, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{_ASIDE}{path.name}.{os.getpid()}")
    try:
        with aside.open("w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def read_json(path: Path) -> dict[str, Any]:
    """The file's object; empty where the file is missing or holds none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

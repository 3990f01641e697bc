"""A whole workspace as one file, written by the process that owns it, while everything goes on.

The database is copied by DuckDB itself (copying its file would drop its lock). It is copied first: what workers say
afterwards lies in their event files behind the offset that the copy remembers, and is taken up again after a restore.
Files that never change once they are there are staged as hard links, so staging takes no time and no space; files that
grow are copied.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import InvalidInput, StorageError
from workbench.runs.run_dir import DONE

if TYPE_CHECKING:
    from workbench.workspace import Workspace

FORMAT = 1
MANIFEST = "backup.json"
DATABASE = "workbench.duckdb"
KEPT_FOLDERS = ("runs", "models", "snapshots")
KEPT_FILES = ("prepared_prompts.json",)
UNCHANGING = frozenset({"checkpoints", "final", "data", "branch"})
"""Folders of a run whose files are written once; so are all files outside of runs."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written."""

    path: str
    bytes: int
    files: int
    runs: int
    demonstrations: int
    votes: int
    made_at: str


def write_backup(ws: Workspace, out: Path) -> Backup:
    """Write the workspace to ``out`` (a new ``.tar`` or ``.tar.gz`` file); complete or absent.

    Raises:
        InvalidInput: ``out`` exists, has another ending, or lies inside the workspace's runs.
        StorageError: the database or the disk refused.
    """
    out = out.expanduser().resolve()
    _check_target(ws, out)
    staged = Path(tempfile.mkdtemp(prefix=".backup-", dir=ws.root))
    aside = out.with_name(f".{out.name}.part")
    try:
        ws.database.backup(staged / DATABASE)
        for name in KEPT_FOLDERS:
            if (ws.root / name).is_dir():
                _stage(ws.root / name, staged / name)
        for name in KEPT_FILES:
            if (ws.root / name).is_file():
                shutil.copyfile(ws.root / name, staged / name)
        counted = _facts(ws, out, staged)
        (staged / MANIFEST).write_text(json.dumps({"format": FORMAT, **asdict(counted)}), encoding="utf-8")
        out.parent.mkdir(parents=True, exist_ok=True)
        _pack(staged, aside, compressed=out.name.endswith(".gz"))
        aside.replace(out)
    except OSError as error:
        raise StorageError(f"The backup could not be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        aside.unlink(missing_ok=True)
    return Backup(**{**asdict(counted), "bytes": out.stat().st_size})


def _check_target(ws: Workspace, out: Path) -> None:
    if not out.name.endswith((".tar", ".tar.gz")):
        raise InvalidInput(f"A backup is one file that ends in .tar or .tar.gz, not {out.name}.")
    if out.exists():
        raise InvalidInput(f"{out} exists already; name a new file.")
    if any(out.is_relative_to(ws.root / name) for name in KEPT_FOLDERS):
        raise InvalidInput("A backup inside the runs would be part of the next one; name a file elsewhere.")


def _facts(ws: Workspace, out: Path, staged: Path) -> Backup:
    return Backup(
        path=str(out),
        bytes=0,
        files=sum(path.is_file() for path in staged.rglob("*")),
        runs=len(ws.runs.list()),
        demonstrations=ws.demonstrations.count(),
        votes=ws.votes.count(),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _stage(source: Path, target: Path) -> None:
    """Put a folder's files beside the database's copy. A checkpoint that goes away meanwhile is left out whole."""
    for path in _files(source):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            if source.name == "runs" and not UNCHANGING & set(path.relative_to(source).parts[1:-1]):
                shutil.copyfile(path, place)
            else:
                _link(path, place)
        except FileNotFoundError:
            shutil.rmtree(_whole(place, target), ignore_errors=True)
    for checkpoint in target.glob("*/checkpoints/*"):
        # A file beside the checkpoints, such as the README.md that transformers' Trainer puts there, is none.
        if checkpoint.is_dir() and not (checkpoint / DONE).is_file():
            shutil.rmtree(checkpoint)


def _files(folder: Path) -> Iterator[Path]:
    """All files below, but for those that are being written or removed: their folders begin with a dot."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent) / name for name in sorted(names) if not name.startswith("."))


def _link(path: Path, place: Path) -> None:
    try:
        os.link(path, place)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without hard links, or a limit on their number
        shutil.copyfile(path, place)


def _whole(place: Path, target: Path) -> Path:
    """The checkpoint or final folder that a staged file belongs to; the file itself where it is in none."""
    parts = place.relative_to(target).parts
    depth = 3 if len(parts) > 3 and parts[1] == "checkpoints" else 2 if len(parts) > 2 and parts[1] == "final" else None
    return target.joinpath(*parts[:depth]) if depth else place


def _pack(staged: Path, aside: Path, *, compressed: bool) -> None:
    # Weights hardly compress; level 1 keeps the text small without costing minutes.
    with tarfile.open(aside, "w:gz", compresslevel=1) if compressed else tarfile.open(aside, "w") as archive:
        archive.add(staged / MANIFEST, MANIFEST)  # first, so that it is read without reading the rest
        for path in sorted(staged.iterdir()):
            if path.name != MANIFEST:
                archive.add(path, path.name)
    with aside.open("rb") as file:
        os.fsync(file.fileno())

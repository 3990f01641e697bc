"""A workspace from its backup, on this machine or another."""

from __future__ import annotations

import json
import shutil
import tarfile
from dataclasses import fields, replace
from pathlib import Path

from workbench.backup.writing import FORMAT, MANIFEST, Backup
from workbench.errors import InvalidInput, StorageError, UnreadableFile
from workbench.workspace import Workspace

OPEN_STATES = ("pending", "running", "stopping")


def read_manifest(path: Path) -> Backup:
    """What a backup holds, without unpacking it.

    Raises:
        UnreadableFile: it is no backup, or one of a newer workbench.
    """
    try:
        with tarfile.open(path) as archive:
            first = archive.next()
            file = archive.extractfile(first) if first is not None and first.name == MANIFEST else None
            content = json.load(file) if file is not None else {}
    except (OSError, tarfile.TarError, ValueError) as error:
        raise UnreadableFile(f"{path} cannot be read as a backup: {error}.") from error
    if not isinstance(content, dict) or "format" not in content:
        raise UnreadableFile(f"{path} is no backup of a workspace.")
    if content["format"] > FORMAT:
        raise UnreadableFile(f"{path} was made by a newer workbench: update this one to restore it.")
    try:
        held = Backup(**{field.name: content[field.name] for field in fields(Backup)})
    except KeyError as error:
        raise UnreadableFile(f"{path} is damaged: its description lacks {error}.") from None
    # The description was written before the file had a size, and perhaps on another machine.
    return replace(held, path=str(path.expanduser().resolve()), bytes=path.stat().st_size)


def restore_backup(path: Path, root: Path) -> Backup:
    """Unpack a backup into ``root``, a new or empty folder; complete or absent.

    Runs that were open when the backup was made become interrupted ones: their workers, wherever they are, work for the
    other workspace. They can be resumed from their last checkpoint.

    Raises:
        InvalidInput: the folder exists and is not empty.
        UnreadableFile: the file is no backup, or is damaged.
        StorageError: the disk refused.
    """
    root = root.expanduser().resolve()
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InvalidInput(f"{root} exists and is not empty; name a new folder with --workspace.")
    held = read_manifest(path)
    aside = root.with_name(f".restoring-{root.name}")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir(parents=True)
        with tarfile.open(path) as archive:
            # 'data' refuses absolute paths, links out of the folder, devices and set-user-id bits.
            archive.extractall(aside, filter="data")
        (aside / MANIFEST).unlink()
        with Workspace.open(aside, owner="workbench restore") as ws:
            for run in ws.runs.list():
                if run.status in OPEN_STATES:
                    ws.runs.update(run.id, status="interrupted", pid=None, pid_created=None, eta_seconds=None)
        if root.exists():
            root.rmdir()
        aside.rename(root)
    except (tarfile.TarError, EOFError) as error:
        raise UnreadableFile(f"{path} is damaged and was not restored: {error}.") from error
    except OSError as error:
        raise StorageError(f"{path} was not restored: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    with Workspace.open(root, owner="workbench restore"):  # finds its runs at their new place
        return held

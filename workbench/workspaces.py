"""The workspaces of this installation: those beside the one in use, and those that were opened before.

Which ones were opened is kept in ``$XDG_STATE_HOME/rlhf-workbench/workspaces.json`` (``~/.local/state`` where that is
not set): folders and addresses, nothing of what is in them. It may be deleted at any time.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from workbench.runs.run_dir import write_json

DATABASE = "workbench.duckdb"
MOST_REMEMBERED = 20
APP = "workbench app"
"""The name under which the app holds its workspace."""


@dataclass(frozen=True, slots=True)
class KnownWorkspace:
    """A workspace as it looks from outside: nothing of it is opened."""

    root: Path
    opened: datetime
    """When it was opened last."""
    holder: str | None
    """The program that has it open now, such as 'workbench app'; None where nobody has."""
    address: str | None
    """Where the app serves it now."""


def remember(root: Path, address: str | None = None) -> None:
    """Take note that a workspace is opened, and where it is served."""
    root = root.expanduser().resolve()
    entries = [entry for entry in _remembered() if entry.get("root") != str(root)]
    with suppress(OSError):  # a home that cannot be written must not keep anybody from working
        newest = {"root": str(root), "address": address}
        write_json(_place(), {"workspaces": [newest, *entries][:MOST_REMEMBERED]})


def known_workspaces(root: Path) -> list[KnownWorkspace]:
    """The workspace in ``root``, those in the same parent folder and those opened before, the last opened first.

    Folders that are no workspaces, or not any more, are left out.
    """
    root = root.expanduser().resolve()
    addresses = {str(entry.get("root")): entry.get("address") for entry in _remembered()}
    places = {root, *(Path(place) for place in addresses)}
    with suppress(OSError):
        places |= {place for place in root.parent.iterdir() if place.is_dir()}
    found = [known for place in places if (known := _look(place, addresses.get(str(place)))) is not None]
    return sorted(found, key=lambda known: (known.opened, known.root), reverse=True)


def _look(root: Path, address: str | None) -> KnownWorkspace | None:
    """What the lock beside the database says. The database itself is not touched: opening it would cost its lock."""
    try:
        opened = datetime.fromtimestamp((root / DATABASE).stat().st_mtime, UTC)
    except OSError:
        return None
    record = _read(root / f"{DATABASE}.lock")
    holder = None
    with suppress(KeyError, TypeError, ValueError):
        opened = datetime.fromisoformat(record["since"])
        holder = str(record["owner"]) if _lives(int(record["pid"]), opened) else None
    return KnownWorkspace(root, opened, holder, address if holder == APP else None)


def _lives(pid: int, since: datetime) -> bool:
    """Whether the process that took the lock is still there; a pid that was given again belongs to a younger one."""
    try:
        return psutil.Process(pid).create_time() <= since.timestamp() + 1  # ``since`` is written in whole seconds
    except psutil.Error:
        return False


def _place() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "rlhf-workbench" / "workspaces.json"


def _remembered() -> list[dict[str, Any]]:
    found = _read(_place()).get("workspaces")
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _read(path: Path) -> dict[str, Any]:
    """A JSON object; an empty one where there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

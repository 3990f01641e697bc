"""Taking changes back: those made together, or all up to a version of a row's history.

What was changed since is not lost with them, and no row leaves the split of those that ask nearly the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import ChangedMeanwhile, NotFound

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from storage.demonstrations import Demonstration, DemonstrationVersion, Split
    from workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did: the ids of the rows that are as before, and of those that were changed since and stay."""

    restored: tuple[str, ...]
    left: tuple[str, ...]


def undo_changes(ws: Workspace, versions: Sequence[str], by: str) -> Undone:
    """Takes a change of many rows back, deletions too, but for the rows that were changed since.

    Args:
        ws: the workspace.
        versions: ids of the versions that the change kept, as the functions in ``editing`` and ``many`` return them.
        by: who takes it back.
    """

    def write(cursor: DuckDBPyConnection) -> Undone:
        newest, ours = ws.demonstrations.newest_versions(versions, cursor), set(versions)
        back = [version for version in newest if version.id in ours]
        together = {version.demonstration_id for version in back}
        for version in back:
            ws.demonstrations.restore(version.id, by, cursor, split=_side(ws, version, together, cursor))
        left = tuple(version.demonstration_id for version in newest if version.id not in ours)
        return Undone(tuple(version.demonstration_id for version in back), left)

    return ws.database.run_write(write)


def restore_version(ws: Workspace, version_id: str, *, by: str, seen: str | None = None) -> Demonstration:
    """Makes a version the current row again; what is current now becomes a version.

    Args:
        ws: the workspace.
        version_id: the version.
        by: who restores it.
        seen: id of the newest version that the person saw; None does not check.

    Raises:
        NotFound: there is no such version.
        ChangedMeanwhile: the row was changed since the person looked.
    """

    def write(cursor: DuckDBPyConnection) -> Demonstration:
        newest = ws.demonstrations.newest_versions([version_id], cursor)
        if not newest:
            raise NotFound("This version is not there any more.")
        (last,) = newest
        if seen not in (None, last.id):
            raise ChangedMeanwhile(
                f"{last.replaced_by} {last.action} it meanwhile, so nothing was restored; look at that first."
            )
        version = next(v for v in ws.demonstrations.history(last.demonstration_id, cursor) if v.id == version_id)
        side = _side(ws, version, {version.demonstration_id}, cursor)
        return ws.demonstrations.restore(version_id, by, cursor, split=side)

    return ws.database.run_write(write)


def _side(ws: Workspace, version: DemonstrationVersion, together: Collection[str], cursor: DuckDBPyConnection) -> Split:
    """The split that a version comes back to: its own, unless its group has gone to another one meanwhile."""
    rows = ws.demonstrations.of_group(version.group_key, cursor)
    if any(row.id == version.demonstration_id and row.split == version.split for row in rows):
        return version.split
    sides = [row.split for row in rows if row.id not in together]
    return version.split if not sides or version.split in sides else sides[0]

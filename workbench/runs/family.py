"""Runs that branched off one another, as a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storage.runs import Run

IGNORED = ("branch_from",)


@dataclass(frozen=True, slots=True)
class Relative:
    """One run in its family, in the order of a drawn tree: each below the one that it branched off."""

    run: Run
    parent_id: str | None
    branched_at: int
    """Updates of the parent that it took over, 0 for a run that began with the SFT model."""
    begins_at: int
    """Updates since the SFT model at which it begins: those of all its forebears."""
    depth: int
    changed: Mapping[str, tuple[Any, Any]]
    """Settings that differ from the parent's: (there, here)."""


def family(runs: Sequence[Run], member_id: str, newest: Mapping[str, int]) -> list[Relative]:
    """The whole family of a run: its oldest forebear, and all that branched off from there.

    Args:
        runs: PPO runs of the workspace.
        newest: for each run, the newest update with a checkpoint, for branches that do not name one.
    """
    by_id = {run.id: run for run in runs}
    if member_id not in by_id:
        return []
    oldest, seen = member_id, {member_id}
    while (up := _origin(by_id[oldest])[0]) in by_id and up not in seen:
        oldest = str(up)
        seen.add(oldest)
    found: list[Relative] = []
    _descend(by_id, newest, oldest, 0, 0, found)
    return found


def _origin(run: Run) -> tuple[str | None, int | None]:
    """(run, update) that a run branched off; the update is None where the newest was taken."""
    name = run.config.get("branch_from")
    if not name:
        return None, None
    parent, _, step = str(name).partition(":")
    return parent, int(step) if step.isdecimal() else None


def _descend(
    by_id: Mapping[str, Run], newest: Mapping[str, int], run_id: str, begins_at: int, depth: int, found: list[Relative]
) -> None:
    run = by_id[run_id]
    parent_id, step = _origin(run)
    parent = by_id.get(parent_id or "")
    at = (newest.get(parent.id, 0) if step is None else step) if parent is not None else 0
    changed = differences(parent.config, run.config) if parent is not None else {}
    found.append(Relative(run, parent.id if parent else None, at, begins_at, depth, changed))
    known = {relative.run.id for relative in found}
    children = [other for other in by_id.values() if _origin(other)[0] == run_id and other.id not in known]
    for child in sorted(children, key=lambda other: other.created_at):
        own = _origin(child)[1]
        offset = newest.get(run_id, 0) if own is None else own
        _descend(by_id, newest, child.id, begins_at + offset, depth + 1, found)


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Settings that differ, inner ones by their own name."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in {**before, **now}:
        old, new = before.get(name), now.get(name)
        if name in IGNORED or old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found |= differences(old, new)
        else:
            found[name] = (old, new)
    return found

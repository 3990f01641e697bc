"""What changed from one snapshot of demonstrations to another: all that their hashes see.

A row is the same row where its id is the same; where the ids are others (deleted and written again, another
workspace), where prompt and response are; and else where the prompt is. Each row is named once.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.demonstrations.delimited import guard
from workbench.errors import NotReady

if TYPE_CHECKING:
    from storage.snapshots import Snapshot

Row = dict[str, Any]
Pair = tuple[Row, Row]
TEXTS = ("prompt", "response")
OTHERS = {"held_out": "held out as", "fact_id": "fact", "key_facts": "key facts", "tags": "tags", "source": "source"}
"""Columns that are neither text nor split -> what a person calls them."""
SAME: tuple[Callable[[Row], Any], ...] = (
    lambda row: row["id"],
    lambda row: (row["prompt"], row["response"]),
    lambda row: row["prompt"],
)
"""What makes two rows one, the surest first."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a row that is in both snapshots; ``id`` and ``prompt`` are those in the later one."""

    id: str
    prompt: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SnapshotDiff:
    """What changed from one snapshot to another."""

    added: tuple[tuple[str, str], ...]
    """(prompt, response)"""
    removed: tuple[tuple[str, str], ...]
    reworded: tuple[FieldChange, ...]
    """Prompts and responses."""
    moved: tuple[FieldChange, ...]
    """Splits."""
    others: tuple[FieldChange, ...]
    """Tags, source, key facts, fact, and what a held-out row asks for."""
    renumbered: int
    """Rows that have another id, which a person does not see and the hash does."""


def diff_snapshots(before: Snapshot, after: Snapshot) -> SnapshotDiff:
    """The rows that differ between two snapshots of demonstrations.

    Raises:
        NotReady: a snapshot's file is gone, as its run was removed.
    """
    pairs, removed, added = _matched(_read(before), _read(after))
    pairs.sort(key=lambda pair: _place(pair[1]))
    return SnapshotDiff(
        added=tuple(map(_place, added)),
        removed=tuple(map(_place, removed)),
        reworded=tuple(change for pair in pairs for field in TEXTS for change in _changed(pair, field)),
        moved=tuple(change for pair in pairs for change in _changed(pair, "split")),
        others=tuple(change for pair in pairs for field in OTHERS for change in _changed(pair, field)),
        renumbered=sum(old["id"] != new["id"] for old, new in pairs),
    )


def diff_csv(diff: SnapshotDiff) -> bytes:
    """All changes as a CSV file, one line for each row that came or went and for each field that changed."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("change", "id", "prompt", "field", "before", "after"))
    lines = [("added", "", prompt, "response", "", response) for prompt, response in diff.added]
    lines += [("removed", "", prompt, "response", response, "") for prompt, response in diff.removed]
    for name, changes in (("reworded", diff.reworded), ("moved", diff.moved), ("other", diff.others)):
        lines += [(name, item.id, item.prompt, item.field, item.before, item.after) for item in changes]
    writer.writerows([guard(cell) for cell in line] for line in lines)
    return text.getvalue().encode("utf-8-sig", "replace")


def _matched(old: list[Row], new: list[Row]) -> tuple[list[Pair], list[Row], list[Row]]:
    """Rows that are in both, and what is left of each side, in order."""
    pairs: list[Pair] = []
    for same in SAME:
        waiting: defaultdict[Any, list[Row]] = defaultdict(list)
        for row in sorted(old, key=_place, reverse=True):
            waiting[same(row)].append(row)
        left: list[Row] = []
        for row in sorted(new, key=_place):
            candidates = waiting.get(same(row))
            if candidates:
                pairs.append((candidates.pop(), row))
            else:
                left.append(row)
        old, new = [row for rows in waiting.values() for row in rows], left
    return pairs, sorted(old, key=_place), new


def _changed(pair: Pair, field: str) -> Iterator[FieldChange]:
    """The change of a field, if there is one; files of an earlier version lack some."""
    old, new = pair
    if field not in old or field not in new or old[field] == new[field]:
        return
    # A row that leaves training, or comes to it, has moved: that it is held out says nothing more.
    if field == "held_out" and None in (old[field], new[field]):
        return
    yield FieldChange(new["id"], new["prompt"], OTHERS.get(field, field), _words(old[field]), _words(new[field]))


def _words(value: Any) -> str:
    if value is None:
        return "not stated"
    return ", ".join(value) or "none" if isinstance(value, list) else value or "none"


def _place(row: Row) -> tuple[str, str]:
    return row["prompt"], row["response"]


def _read(snapshot: Snapshot) -> list[Row]:
    import pyarrow.parquet as pq

    path = Path(snapshot.path)
    if not path.is_file():
        raise NotReady(f"The file of snapshot '{snapshot.name or snapshot.id}' is gone: its run was removed.")
    rows: list[Row] = pq.read_table(path).to_pylist()
    return rows

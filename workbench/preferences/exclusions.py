"""Leaving votes out by rule, and taking them in again: every figure and the pairs for training follow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import InvalidInput

if TYPE_CHECKING:
    from workbench.workspace import Workspace

MOST_SECONDS = 3600
"""A vote that took longer than this is not called fast."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that holds, in words; ``votes`` is how many live votes it matches."""

    id: str
    sentence: str
    note: str
    created_by: str
    votes: int


def leave_out(
    ws: Workspace, *, annotator: str | None = None, faster_than: float | None = None, note: str = "", by: str
) -> None:
    """Leaves out the votes of one annotator, those faster than some seconds, or those of one that were so fast.

    Votes stay stored and their seats become free: the pairs come back into the queue for others.

    Raises:
        InvalidInput: neither is given, nobody has that name, the time is not positive, or the same rule holds already.
    """
    if annotator is None and faster_than is None:
        raise InvalidInput("Say whose votes, or how fast a vote must be, to be left out.")
    if faster_than is not None and not (math.isfinite(faster_than) and 0 < faster_than <= MOST_SECONDS):
        raise InvalidInput(f"The time must lie between 0 and {MOST_SECONDS:,} seconds.")
    ids = {row.name: row.id for row in ws.annotators.list()}
    if annotator is not None and annotator not in ids:
        raise InvalidInput(f"There is no annotator named '{annotator}'.")
    annotator_id = ids[annotator] if annotator is not None else None
    ws.exclusions.add(annotator_id=annotator_id, faster_than=faster_than, note=note.strip()[:500], by=by.strip())


def take_in_again(ws: Workspace, rule_id: str, by: str) -> None:
    """Ends a rule: its votes count again.

    Raises:
        NotFound: no rule of that id holds.
    """
    ws.exclusions.end(rule_id, by.strip())


def rules(ws: Workspace) -> list[Rule]:
    """The rules that hold, oldest first."""
    names = {row.id: row.name for row in ws.annotators.list()}
    live = ws.votes.live(excluded=None)
    found = []
    for row in ws.exclusions.active():
        whose = f"votes of {names.get(row.annotator_id, row.annotator_id)}" if row.annotator_id else "all votes"
        fast = "" if row.faster_than is None else f" given in less than {row.faster_than:g} seconds"
        matched = [
            vote
            for vote in live
            if row.annotator_id in (None, vote.annotator_id)
            and (row.faster_than is None or (vote.seconds is not None and vote.seconds < row.faster_than))
        ]
        found.append(Rule(row.id, f"{whose[0].upper()}{whose[1:]}{fast}", row.note, row.created_by, len(matched)))
    return found

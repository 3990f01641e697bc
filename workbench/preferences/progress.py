"""How far a voter is: votes, what waits, today's pace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.preferences.voting import annotator_named
from workbench.preferences.voting_settings import voting_settings

if TYPE_CHECKING:
    from workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class VotingProgress:
    """Counts of one annotator.

    ``done`` are this person's votes, deliberate repeats included, ``today`` those since midnight of the server's clock,
    ``seconds_per_vote`` the median of today's; ``last_vote`` is the id of the newest one.
    """

    done: int
    today: int
    seconds_per_vote: float | None
    skipped: int
    last_vote: str | None


def progress(ws: Workspace, annotator_name: str) -> VotingProgress:
    """How many votes this person has cast, and how fast.

    Raises:
        InvalidInput: the name is empty or too long, or belongs to a simulated annotator.
    """
    annotator = annotator_named(ws, annotator_name)
    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    pace = ws.votes.pace(annotator.id, midnight)
    return VotingProgress(pace.done, pace.recent, pace.seconds, len(ws.queue.skipped(annotator.id)), pace.last_id)


def pairs_ahead(ws: Workspace, annotator_name: str) -> int:
    """How many pairs wait for this person. Raises as ``progress`` does."""
    return ws.queue.ahead(annotator_named(ws, annotator_name).id, voting_settings(ws).queue_rules)

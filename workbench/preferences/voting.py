"""Showing pairs to annotators and recording what they choose.

Which response stands left is drawn once for each annotator and pair and stored, so a page that is drawn
again cannot swap the sides under a vote. A choice is stored as A or B, never as left or right alone.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from storage.annotators import Annotator
from storage.votes import Vote
from workbench.demonstrations.text_rules import MAX_NAME_CHARACTERS
from workbench.errors import InvalidInput
from workbench.preferences.majority import Choice

if TYPE_CHECKING:
    from workbench.workspace import Workspace

Side = Literal["left", "right", "tie"]


@dataclass(frozen=True, slots=True)
class ShownPair:
    """A pair as one annotator sees it."""

    pair_id: str
    prompt: str
    left: str
    right: str
    left_is: Literal["a", "b"]


@dataclass(frozen=True, slots=True)
class VotingProgress:
    """How far one annotator is, and how many votes the workspace has, by source."""

    done: int
    remaining: int
    total_votes: int
    simulated_votes: int


def next_pair(ws: Workspace, annotator_name: str) -> ShownPair | None:
    """The next pair for this person, or None where all pairs are voted on.

    It is the same pair until it is voted on: looking twice does not skip it.

    Raises:
        InvalidInput: the name is empty or too long.
    """
    annotator = _annotator(ws, annotator_name)
    waiting = ws.pairs.next_for(annotator.id, limit=1)
    if not waiting:
        return None
    pair = waiting[0]
    left_is = ws.pairs.side(pair.id, annotator.id)
    texts = {"a": pair.response_a, "b": pair.response_b}
    right_is = "b" if left_is == "a" else "a"
    return ShownPair(pair.id, pair.prompt, texts[left_is], texts[right_is], left_is)


def record_vote(
    ws: Workspace, *, pair_id: str, annotator_name: str, choice: Side, seconds: float | None = None
) -> Vote:
    """Stores a person's choice on a pair, once.

    Args:
        ws: the workspace.
        pair_id: the pair that was shown.
        annotator_name: who chose.
        choice: the side that is better, or a tie.
        seconds: time from showing to choosing, where it was measured.

    Raises:
        NotFound: no pair has this id.
        InvalidInput: an unknown choice, or this person has already voted on the pair.
    """
    if choice not in ("left", "right", "tie"):
        raise InvalidInput(f"The choice must be left, right or tie, not '{choice}'.")
    annotator = _annotator(ws, annotator_name)
    left_is = ws.pairs.side(pair_id, annotator.id)
    vote = Vote(
        id=uuid.uuid4().hex[:12],
        pair_id=pair_id,
        annotator_id=annotator.id,
        choice=_meant(choice, left_is),
        left=left_is,
        simulated=False,
        seconds=_usable_seconds(seconds),
        created_at=datetime.now(UTC),
    )
    ws.votes.add(vote)
    return vote


def undo_last_vote(ws: Workspace, annotator_name: str) -> Vote | None:
    """Takes back this person's latest vote that still counts; None where there is none.

    Raises:
        InvalidInput: the name is empty or too long.
    """
    vote = ws.votes.last_of(_annotator(ws, annotator_name).id)
    if vote is None:
        return None
    ws.votes.undo(vote.id)
    return vote


def progress(ws: Workspace, annotator_name: str) -> VotingProgress:
    """How many pairs this person has voted on and how many wait, and all votes by source.

    Raises:
        InvalidInput: the name is empty or too long.
    """
    done = len(ws.votes.live(annotator_id=_annotator(ws, annotator_name).id))
    return VotingProgress(
        done=done,
        remaining=max(0, ws.pairs.count() - done),
        total_votes=ws.votes.count(simulated=False),
        simulated_votes=ws.votes.count(simulated=True),
    )


def _annotator(ws: Workspace, name: str) -> Annotator:
    clean = " ".join(name.split())
    if not clean or len(clean) > MAX_NAME_CHARACTERS:
        raise InvalidInput(f"An annotator needs a name of 1 to {MAX_NAME_CHARACTERS} characters.")
    return ws.annotators.get_or_create(clean, "person")


def _meant(choice: Side, left_is: Literal["a", "b"]) -> Choice:
    if choice == "tie":
        return "tie"
    if choice == "left":
        return left_is
    return "b" if left_is == "a" else "a"


def _usable_seconds(seconds: float | None) -> float | None:
    # A clock that was set back, or a page left open overnight, is no measure of thinking time.
    if seconds is None or not math.isfinite(seconds) or not 0 <= seconds <= 3600:
        return None
    return float(seconds)

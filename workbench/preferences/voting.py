"""Showing pairs to annotators and recording what they choose.

Which response stands left is drawn once for each annotator and pair and stored, so a page that is drawn again cannot
swap the sides under a vote. A choice is stored as A or B, never as left or right alone.
"""

from __future__ import annotations

import math
import re
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from storage.annotators import Annotator
from storage.pairs import OTHER_SIDE, Pair
from storage.queue import Turn
from storage.votes import Vote
from workbench.demonstrations.text_rules import MAX_NAME_CHARACTERS
from workbench.errors import InvalidInput, NotFound
from workbench.preferences.majority import Choice
from workbench.preferences.remarks import Remarks, checked
from workbench.preferences.voting_settings import VotingSettings, voting_settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from workbench.workspace import Workspace

Side = Literal["left", "right", "tie", "both_bad"]
ABSide = Literal["a", "b"]
HELD_AHEAD = 4
"""Pairs that one voter holds at most: the one that is shown and those fetched ahead."""
HELD_LOW = 2
"""More are taken when fewer than this are left, so that not every vote has to wait for the queue."""
_VOTE_ID = re.compile(r"[0-9a-f]{12,32}")


@dataclass(frozen=True, slots=True)
class ShownPair:
    """A pair as one annotator sees it. ``occasion`` is 1 where it is shown to them again on purpose."""

    pair_id: str
    prompt: str
    left: str
    right: str
    left_is: ABSide
    occasion: int = 0


def held_pairs(ws: Workspace, annotator_name: str, settings: VotingSettings | None = None) -> list[ShownPair]:
    """The pairs that wait for this person, the one to show first; more are taken when they run out.

    The same pairs come until they are voted on, skipped, or lapse: looking twice does not skip any.

    Raises:
        InvalidInput: the name is empty or too long, or belongs to a simulated annotator.
    """
    settings = settings or voting_settings(ws)
    annotator = annotator_named(ws, annotator_name)
    turns = ws.queue.held(annotator.id, settings.queue_rules)
    if len(turns) < HELD_LOW:
        turns = ws.database.run_write(lambda cursor: _take_more(ws, annotator.id, settings, cursor))
    pairs = ws.pairs.of_ids({turn.pair_id for turn in turns})
    sides = ws.pairs.sides(annotator.id, pairs)
    return [_shown(pairs[turn.pair_id], sides[turn.pair_id, turn.occasion], turn.occasion) for turn in turns]


def next_pair(ws: Workspace, annotator_name: str) -> ShownPair | None:
    """The next pair for this person, or None where none waits. Raises as ``held_pairs`` does."""
    held = held_pairs(ws, annotator_name)
    return held[0] if held else None


def record_vote(
    ws: Workspace,
    *,
    pair_id: str,
    annotator_name: str,
    choice: Side,
    seconds: float | None = None,
    remarks: Remarks | None = None,
    occasion: int = 0,
    vote_id: str | None = None,
) -> Vote:
    """Stores a person's choice on a pair, once.

    Args:
        choice: the side that is better, a tie, or that both are bad (which counts as a tie).
        seconds: time from showing to choosing, where it was measured.
        remarks: what is said beside the vote.
        occasion: 1 where the pair was shown again on purpose.
        vote_id: the id that the sender chose. A vote sent twice under one id is stored once.

    Raises:
        NotFound: no pair has this id.
        InvalidInput: an unknown choice, this person has already voted on the pair, or enough others have.
    """
    _check_sent(choice, vote_id)
    annotator = annotator_named(ws, annotator_name)
    settings = voting_settings(ws)
    said = checked(remarks or Remarks(), settings)

    def write(cursor: DuckDBPyConnection) -> Vote:
        known = ws.votes.find(vote_id, cursor) if vote_id else None
        if known is not None:
            return _own(known, annotator)
        left_is = ws.pairs.side(pair_id, annotator.id, cursor, occasion=occasion)
        vote = _first_hand(pair_id, annotator.id, choice, left_is, said)
        vote = replace(vote, id=vote_id or vote.id, seconds=_usable_seconds(seconds), occasion=occasion)
        return _take_seat(ws, vote, settings, cursor)

    return ws.database.run_write(write)


def _check_sent(choice: str, vote_id: str | None) -> None:
    if choice not in ("left", "right", "tie", "both_bad"):
        raise InvalidInput(f"The choice must be left, right, tie or both_bad, not '{choice}'.")
    if vote_id is not None and not _VOTE_ID.fullmatch(vote_id):
        raise InvalidInput("A vote's id must be 12 to 32 hexadecimal digits.")


def _first_hand(pair_id: str, annotator_id: str, choice: Side, left_is: ABSide, said: Remarks) -> Vote:
    """A person's vote as it is stored: by A and B, whatever stood left."""
    return Vote(
        id=uuid.uuid4().hex[:12],
        pair_id=pair_id,
        annotator_id=annotator_id,
        choice=_meant(choice, left_is),
        left=left_is,
        simulated=False,
        seconds=None,
        created_at=datetime.now(UTC),
        both_bad=choice == "both_bad",
        strength="much" if said.much and choice in ("left", "right") else None,
        reasons=said.reasons,
        comment=said.comment,
    )


def _take_seat(ws: Workspace, vote: Vote, settings: VotingSettings, cursor: DuckDBPyConnection) -> Vote:
    """Stores a vote where the pair has a seat for it; one on a repeat needs none."""
    # Voting twice is the clearer refusal, so the vote goes in before the seats are counted.
    seated = vote.occasion > 0 or ws.queue.has_seat(vote.pair_id, vote.annotator_id, settings.queue_rules, cursor)
    ws.votes.add(vote, cursor)
    if not seated:
        raise InvalidInput("Enough others have voted on this pair meanwhile, so this vote was not needed.")
    return vote


def strengthen(ws: Workspace, vote_id: str, annotator_name: str) -> Vote:
    """Makes a vote for one side one for much better.

    Raises:
        NotFound: this person has no vote of that id.
    """
    vote = _vote_of(ws, vote_id, annotator_name)
    if vote.choice == "tie" or vote.strength == "much":
        return vote
    stronger = replace(vote, strength="much")
    ws.votes.annotate(stronger)
    return stronger


def undo_vote(ws: Workspace, vote_id: str, annotator_name: str) -> Vote:
    """Takes one vote back; taking it back twice is the same as once.

    The pair comes back to this person first, unless they were told which models wrote it: then it goes to others.

    Raises:
        NotFound: this person has no vote of that id.
    """
    annotator = annotator_named(ws, annotator_name)
    settings = voting_settings(ws)

    def write(cursor: DuckDBPyConnection) -> Vote:
        vote = _own(ws.votes.find(vote_id, cursor), annotator)
        if not vote.undone:
            ws.votes.undo(vote.id, cursor)
            _hold_again(ws, annotator.id, Turn(vote.pair_id, vote.occasion), settings, cursor)
        return vote

    return ws.database.run_write(write)


def undo_last_vote(ws: Workspace, annotator_name: str) -> Vote | None:
    """Takes back this person's latest vote that was not undone; None where there is none.

    Raises:
        InvalidInput: the name is empty or too long.
    """
    vote = ws.votes.last_of(annotator_named(ws, annotator_name).id)
    return None if vote is None else undo_vote(ws, vote.id, annotator_name)


def skip_pair(ws: Workspace, pair_id: str, annotator_name: str, occasion: int = 0) -> None:
    """Passes a pair over: its seat is free for others, and it comes back only when this person asks for it.

    Raises:
        NotFound: no pair has this id.
    """
    annotator = annotator_named(ws, annotator_name)
    ws.pairs.get(pair_id)
    ws.queue.note(annotator.id, [Turn(pair_id, occasion)], "skipped")


def bring_back_skipped(ws: Workspace, annotator_name: str) -> int:
    """Lets this person's skipped pairs come again; returns their number."""
    annotator = annotator_named(ws, annotator_name)
    turns = ws.queue.skipped(annotator.id)
    ws.queue.note(annotator.id, turns, "released")
    return len(turns)


def reveal_models(ws: Workspace, vote_id: str, annotator_name: str) -> tuple[str, str]:
    """The models that wrote the left and the right response of a pair this person has voted on.

    Raises:
        NotFound: this person has no vote of that id.
        InvalidInput: the team's settings keep the models hidden, or the vote was taken back.
    """
    if voting_settings(ws).reveal != "after":
        raise InvalidInput("The team's settings keep hidden which model wrote what.")
    vote = _vote_of(ws, vote_id, annotator_name)
    if vote.undone:
        raise InvalidInput("That vote was taken back; vote first, then look.")
    pair = ws.pairs.get(vote.pair_id)
    ws.queue.note(vote.annotator_id, [Turn(vote.pair_id, 0)], "revealed")
    return (pair.model_a, pair.model_b) if vote.left == "a" else (pair.model_b, pair.model_a)


def _take_more(ws: Workspace, annotator_id: str, settings: VotingSettings, cursor: DuckDBPyConnection) -> list[Turn]:
    """Tops up what this person holds, repeats on purpose among it; what was held is held anew."""
    rules = settings.queue_rules
    turns = ws.queue.held(annotator_id, rules, cursor)
    taken: list[Turn] = []
    if ws.queue.repeats_due(annotator_id, settings.repeat_share, cursor) > 0:
        again = ws.queue.to_repeat(annotator_id, settings.repeat_after, cursor)
        if again is not None:
            taken.append(Turn(again, 1))
    free = ws.queue.free(annotator_id, rules, HELD_AHEAD - len(turns) - len(taken), cursor)
    taken = [Turn(pair_id, 0) for pair_id in free] + taken  # a repeat comes last: never straight after a vote
    turns = [*turns, *taken]
    ws.pairs.draw_sides(annotator_id, [(turn.pair_id, turn.occasion) for turn in taken], cursor)
    ws.queue.note(annotator_id, turns, "shown", cursor)
    return turns


def _hold_again(
    ws: Workspace, annotator_id: str, turn: Turn, settings: VotingSettings, cursor: DuckDBPyConnection
) -> None:
    """Puts a turn before all that are held."""
    if ws.queue.is_revealed(turn.pair_id, annotator_id, cursor):
        return
    held = ws.queue.held(annotator_id, settings.queue_rules, cursor)
    ws.queue.note(annotator_id, [turn, *[other for other in held if other != turn]], "shown", cursor)


def _shown(pair: Pair, left_is: ABSide, occasion: int) -> ShownPair:
    texts = {"a": pair.response_a, "b": pair.response_b}
    return ShownPair(pair.id, pair.prompt, texts[left_is], texts[OTHER_SIDE[left_is]], left_is, occasion)


def _vote_of(ws: Workspace, vote_id: str, annotator_name: str) -> Vote:
    return _own(ws.votes.find(vote_id), annotator_named(ws, annotator_name))


def _own(vote: Vote | None, annotator: Annotator) -> Vote:
    if vote is None or vote.annotator_id != annotator.id:
        raise NotFound("You have no such vote in this workspace.")
    return vote


def annotator_named(ws: Workspace, name: str) -> Annotator:
    """The person of that name, made where there is none.

    Raises:
        InvalidInput: the name is empty or too long, or belongs to a simulated annotator.
    """
    clean = " ".join(name.split())
    if not clean or len(clean) > MAX_NAME_CHARACTERS:
        raise InvalidInput(f"An annotator needs a name of 1 to {MAX_NAME_CHARACTERS} characters.")
    return ws.annotators.get_or_create(clean, "person")


def _meant(choice: Side, left_is: ABSide) -> Choice:
    if choice == "left":
        return left_is
    return OTHER_SIDE[left_is] if choice == "right" else "tie"


def _usable_seconds(seconds: float | None) -> float | None:
    # A clock that was set back, or a page left open overnight, is no measure of thinking time.
    if seconds is None or not math.isfinite(seconds) or not 0 <= seconds <= 3600:
        return None
    return float(seconds)

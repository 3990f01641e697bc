"""What the voting page sends, taken up once each: votes, second thoughts, skips.

The browser keeps each action until it has been told what became of it, and sends it again when it does not know. So an
action may arrive twice, after a lost connection or a restarted server, and must then change nothing the second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.errors import InvalidInput, NotFound, WorkbenchError
from workbench.preferences.ideal_answers import keep_ideal_answer
from workbench.preferences.remarks import Remarks
from workbench.preferences.voting import (
    Side,
    bring_back_skipped,
    record_vote,
    reveal_models,
    skip_pair,
    strengthen,
    undo_vote,
)

if TYPE_CHECKING:
    from workbench.workspace import Workspace

MAX_ACTIONS = 200
"""More than a person can have open; a longer list is refused whole."""


class Action(BaseModel):
    """One action of one person. ``id`` is drawn by the browser; that of a vote becomes the vote's id.

    ``vote`` names the vote that 'undo', 'much' and 'reveal' are about. 'look' does nothing but ask what waits now.
    """

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str = Field(pattern=r"^[0-9a-f]{12,32}$")
    kind: Literal["vote", "much", "undo", "skip", "unskip", "reveal", "look"]
    pair: str = ""
    occasion: Literal[0, 1] = 0
    choice: Side = "tie"
    seconds: float | int | None = None
    much: bool = False
    reasons: list[str] = []
    comment: str = ""
    ideal: str = ""
    vote: str = ""


UNREADABLE = {"ok": False, "problem": "A vote could not be read and was not taken; vote on that pair again."}


def read_actions(sent: Any) -> tuple[list[Action], list[str]]:
    """What the browser sent: the actions, and the ids of those that cannot be read and need not be sent again.

    Raises:
        InvalidInput: it is no list of actions.
    """
    if not isinstance(sent, list) or len(sent) > MAX_ACTIONS:
        raise InvalidInput("The page sent something that is no list of votes; load it anew.")
    actions, unreadable = [], []
    for item in sent:
        try:
            actions.append(Action.model_validate(item))
        except ValidationError:
            if isinstance(item, dict) and isinstance(item.get("id"), str):
                unreadable.append(item["id"])
    return actions, unreadable


def take_up(ws: Workspace, action: Action, annotator_name: str) -> dict[str, Any]:
    """Does what an action asks, and says what became of it: ``ok``, perhaps a ``problem`` or ``note``.

    ``ok`` means that what the person chose is stored, or that there is nothing to store. A refusal is an answer, too:
    the browser need not send the action again. A StorageError or a defect is raised and leaves the action open.
    """
    try:
        return {"ok": True} | _do(ws, action, annotator_name)
    except (InvalidInput, NotFound) as refusal:
        return {"ok": False, "problem": str(refusal)}


def _do(ws: Workspace, action: Action, name: str) -> dict[str, Any]:
    match action.kind:
        case "vote":
            return _vote(ws, action, name)
        case "much":
            strengthen(ws, action.vote, name)
        case "undo":
            undo_vote(ws, action.vote, name)
        case "skip":
            skip_pair(ws, action.pair, name, action.occasion)
        case "unskip":
            bring_back_skipped(ws, name)
        case "look":
            pass
        case "reveal":
            left, right = reveal_models(ws, action.vote, name)
            return {"models": [left, right]}
    return {}


def _vote(ws: Workspace, action: Action, name: str) -> dict[str, Any]:
    try:
        record_vote(
            ws,
            pair_id=action.pair,
            annotator_name=name,
            choice=action.choice,
            seconds=action.seconds,
            remarks=Remarks(action.much, tuple(action.reasons), action.comment),
            occasion=action.occasion,
            vote_id=action.id,
        )
    except InvalidInput as refusal:  # a pair that needs no more votes; what was written about it is worth as much
        return {"ok": False, "problem": f"{refusal} {_ideal_answer(ws, action, name)}".strip()}
    note = _ideal_answer(ws, action, name)
    return {"note": note} if note else {}


def _ideal_answer(ws: Workspace, action: Action, name: str) -> str:
    """Keeps the ideal answer that came with a vote, whatever became of the vote; says so where there is one."""
    if not action.ideal.strip():
        return ""
    try:
        kept = keep_ideal_answer(ws, action.pair, action.ideal, name)
    except WorkbenchError as error:
        return f"Your ideal answer is not saved: {error}"
    return "Your ideal answer waits as a draft in step 1." if kept else "That ideal answer is there already."

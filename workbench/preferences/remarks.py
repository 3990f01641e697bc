"""What may be said beside a vote: how much better, why, and a note."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.demonstrations.text_rules import text_problem
from workbench.errors import InvalidInput
from workbench.preferences.voting_settings import VotingSettings

MAX_COMMENT_CHARACTERS = 5_000


@dataclass(frozen=True, slots=True)
class Remarks:
    """What may be said beside a vote."""

    much: bool = False
    reasons: tuple[str, ...] = ()
    comment: str = ""


def checked(remarks: Remarks, settings: VotingSettings) -> Remarks:
    """The remarks as they are stored: reasons that the team does not ask for are left out.

    Raises:
        InvalidInput: the note cannot be stored or is too long.
    """
    comment = remarks.comment.strip()
    problem = text_problem("note", comment) if comment else None
    if problem:
        raise InvalidInput(f"{problem[0].upper()}{problem[1:]}, so this vote was not taken.")
    if len(comment) > MAX_COMMENT_CHARACTERS:
        raise InvalidInput(f"The note has more than {MAX_COMMENT_CHARACTERS} characters; shorten it.")
    reasons = tuple(dict.fromkeys(reason for reason in remarks.reasons if reason in settings.reasons))
    return Remarks(remarks.much, reasons, comment)

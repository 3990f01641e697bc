"""What a row of a file says about its pair: one choice, or the choices of several annotators."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from workbench.demonstrations.cell_values import optional_text
from workbench.demonstrations.columns import RowError, plain_name
from workbench.demonstrations.text_rules import clean_tags
from workbench.preferences.majority import Choice

LIST_NAMES = ("votes", "annotations", "choices")
"""Columns that may hold the votes of several annotators: a list of objects, or annotator -> choice."""
PERSON_NAMES = ("annotator", "annotator_id", "worker", "worker_id", "user", "name")
CHOICE_KEYS = ("choice", "vote", "preference", "winner", "label")
BOTH_BAD = frozenset({"both_bad", "bothbad", "tie_(bothbad)", "tie_(both_bad)", "neither", "bad"})
CHOICES: dict[str, Choice] = {
    **dict.fromkeys(("a", "response_a", "model_a", "1", "a>b"), "a"),
    **dict.fromkeys(("b", "response_b", "model_b", "2", "b>a"), "b"),
    **dict.fromkeys(("tie", "draw", "equal", "same", "both", "a=b", *BOTH_BAD), "tie"),
    **{"a>>b": "a", "b>>a": "b"},
}
MUCH = frozenset({"a>>b", "b>>a"})


@dataclass(frozen=True, slots=True)
class StatedVote:
    """One choice; ``annotator`` is None where the row names nobody."""

    choice: Choice
    annotator: str | None = None
    both_bad: bool = False
    much: bool = False
    reasons: tuple[str, ...] = ()
    comment: str = ""


def stated_votes(row: Mapping[str, Any], single: Any) -> tuple[StatedVote, ...]:
    """The votes of a row: those of a list where it has one, else its single choice, else none.

    Raises:
        RowError: a choice is none, or one annotator is named twice.
    """
    for name in LIST_NAMES:
        several = _several(row.get(name))
        if several is not None:
            votes = tuple(_vote(choice, optional_text(person)) for person, choice in several)
            named = [vote.annotator for vote in votes]
            if len(set(named)) < len(named):
                raise RowError(f"the column '{name}' holds two votes of one annotator")
            return votes
    if single is None or single == "":
        return ()
    vote = _vote(single, optional_text(row.get("annotator")))
    return (
        replace(
            vote,
            both_bad=vote.both_bad or (vote.choice == "tie" and str(row.get("both_bad")).casefold() in ("true", "1")),
            much=vote.much or row.get("strength") == "much",
            reasons=_reasons(row.get("reasons")),
            comment=optional_text(row.get("comment")) or "",
        ),
    )


def _several(value: Any) -> list[tuple[Any, Any]] | None:
    """(annotator, choice) of each; None where the value is no list of votes, such as a mere count."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        with suppress(ValueError, RecursionError):  # a cell of a CSV file
            value = json.loads(value)
    if isinstance(value, dict):
        return list(value.items())
    if not isinstance(value, list):
        return None
    if not all(isinstance(item, dict) for item in value):
        raise RowError("the list of votes holds something that is not a vote with its annotator")
    return [(_first(item, PERSON_NAMES), _first(item, CHOICE_KEYS)) for item in value]


def _reasons(value: Any) -> tuple[str, ...]:
    """Tags as a list, or as a list in one cell; anything else says nothing about the vote."""
    if isinstance(value, str) and value.startswith("["):
        with suppress(ValueError, RecursionError):
            value = json.loads(value)
    texts = value if isinstance(value, list) else []
    return clean_tags(text for text in texts if isinstance(text, str))


def _first(item: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    plain = {plain_name(str(key)): value for key, value in item.items()}
    return next((plain[name] for name in names if name in plain), None)


def _vote(value: Any, annotator: str | None) -> StatedVote:
    name = plain_name(str(value))
    choice = CHOICES.get(name)
    if choice is None:
        raise RowError(f"the choice '{str(value)[:40]}' is not a, b, tie or both_bad")
    return StatedVote(choice, annotator, name in BOTH_BAD, name in MUCH)

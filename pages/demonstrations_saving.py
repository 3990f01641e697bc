"""Saving what a person changed in a form or a grid, and what is said of it.

Where somebody else changed the same meanwhile nothing is saved: what was typed stays, and theirs is shown beside it.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages import identity, services
from pages.components import attempt, counted, plain_text, required
from workbench.demonstrations.editing import Edited, edit_demonstrations
from workbench.demonstrations.meanwhile import EditedMeanwhile, Theirs

FIELDS = ("prompt", "response", "tags", "source", "status", "split")
"""What a form or a grid shows of a demonstration."""
NAMED = 3
_THEIRS = "{}_theirs"

Seen = dict[str, dict[str, Any]]
"""Id of a demonstration -> field -> value that the person saw."""


def seen_of(row: Any) -> dict[str, Any]:
    """What a person sees of a row when they begin to change it."""
    return {field: getattr(row, field) for field in FIELDS}


def save_changes(place: str, changes: Seen, seen: Seen) -> Edited | None:
    """Save all changes or none; None where that is refused, with the reason kept for ``place``.

    What somebody else changed counts as seen once it is shown: saving again puts the person's own in its place.
    """

    def store() -> Edited:
        by = required(identity.person(), "Your name")
        try:
            return edit_demonstrations(services.workspace(), changes, by=by, seen=seen)
        except EditedMeanwhile as error:
            for item in error.theirs:
                seen[item.id][item.field] = item.value
            known = {(item.id, item.field): item for item in (*_kept(place), *error.theirs)}
            st.session_state[_THEIRS.format(place)] = tuple(known.values())
            raise

    edited = attempt(place, store)
    if edited is not None:
        forget_theirs(place)
    return edited


def show_theirs(place: str) -> None:
    """What somebody else made of the fields that the person is changing, until it is saved or given up."""
    for item in _kept(place):
        value = ", ".join(item.value) if item.field == "tags" else str(item.value)
        plain_text(value, f"The {item.field} of '{item.prompt[:60]}' as {item.by} left it")


def forget_theirs(place: str) -> None:
    """The form or grid begins anew."""
    st.session_state.pop(_THEIRS.format(place), None)


def saved_words(edited: Edited) -> str:
    """What became of the rows, those included that moved without being named."""
    if not edited.rows:
        return "Nothing was changed."
    if edited.rows == 1:
        parts = ["Saved. The former version is kept."]
    else:
        parts = [f"{counted(edited.rows, 'row')} saved. The former versions are kept."]
    if edited.along:
        parts.append(f"{counted(edited.along, 'other')} of the same group moved along.")
    for item in edited.joined[:NAMED]:
        name = "It" if edited.rows == 1 else f"'{item.prompt}'"
        parts.append(f"{name} is in {item.split} now, beside '{item.beside}'.")
    more = len(edited.joined) - NAMED
    if more > 0:
        parts.append(f"{more:,} more took the split of prompts that are nearly the same.")
    return " ".join(parts)


def _kept(place: str) -> tuple[Theirs, ...]:
    found: tuple[Theirs, ...] = st.session_state.get(_THEIRS.format(place), ())
    return found

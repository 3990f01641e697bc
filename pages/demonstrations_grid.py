"""The rows of a page as a grid whose cells are changed in place, and saved together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages import identity, services
from pages.components import counted, problem, report
from pages.demonstrations_bulk import LAST
from pages.demonstrations_saving import Seen, forget_theirs, save_changes, saved_words, seen_of, show_theirs

FIELDS = {
    "Prompt": "prompt",
    "Response": "response",
    "Status": "status",
    "Split": "split",
    "Tags": "tags",
    "Source": "source",
}
"""Columns of the grid -> fields of a demonstration."""
SAVED = "grid_saved"
DRAWN = "grid_drawn"


def grid(rows: Sequence[Any], key: str) -> None:
    """Draw the rows for editing; nothing is stored until the person saves."""
    identity.asked("Changes carry your name.")
    problem("grid")
    key = f"{key}_{st.session_state.get(SAVED, 0)}"
    rows, seen = _drawn(rows, key)
    if not rows:
        st.caption("Nothing matches these filters.")
        return
    show_theirs("grid")
    _cells(rows, key)
    changes = changes_of(_edited(key), [row.id for row in rows])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Save {counted(len(changes), 'changed row')}" if changes else "Save",
            type="primary",
            icon=":material/save:",
            key="grid_save",
            disabled=not changes or identity.person() is None,
            on_click=save,
            args=(changes, seen),
        )
        st.button("Discard", key="grid_discard", disabled=not changes, on_click=_anew)
        st.caption(
            "Double-click a cell to change it. All changed rows of this page are saved together, and can be undone "
            "together; save before you turn the page."
        )


def _drawn(rows: Sequence[Any], key: str) -> tuple[Sequence[Any], Seen]:
    """The rows that the grid shows, and what the person saw of them.

    The grid knows its changed cells by their place. So while there are any its rows stay those that were there when
    the first was typed, whatever others add, delete or bring to the top of the order.
    """
    held = st.session_state.get(DRAWN)
    if held is None or held[0] != key or not _edited(key):
        forget_theirs("grid")
        held = st.session_state[DRAWN] = (key, list(rows), {row.id: seen_of(row) for row in rows})
    return held[1], held[2]


def _cells(rows: Sequence[Any], key: str) -> None:
    frame = pd.DataFrame(
        {
            column: [list(row.tags) if field == "tags" else getattr(row, field) for row in rows]
            for column, field in FIELDS.items()
        }
    )
    known = sorted(services.workspace().demonstrations.tags())
    st.data_editor(
        frame,
        key=key,
        hide_index=True,
        num_rows="fixed",
        height="content" if len(rows) <= 15 else 560,
        column_config={
            "Prompt": st.column_config.TextColumn(width=270, required=True),
            "Response": st.column_config.TextColumn(width=330, required=True),
            "Status": st.column_config.SelectboxColumn(
                options=["approved", "draft", "rejected"], required=True, width=95
            ),
            "Split": st.column_config.SelectboxColumn(
                options=["train", "validation", "test"], required=True, width=100
            ),
            "Tags": st.column_config.MultiselectColumn(options=known, accept_new_options=True, width=150),
            "Source": st.column_config.TextColumn(width="small"),
        },
    )


def changes_of(edited: Mapping[int, Mapping[str, Any]], ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The grid's changed cells by the row's id and the demonstration's field; an emptied cell is empty text."""
    found: dict[str, dict[str, Any]] = {}
    for place, cells in edited.items():
        fields = {FIELDS[column]: value for column, value in cells.items() if column in FIELDS}
        if fields and 0 <= place < len(ids):
            found[ids[place]] = {
                field: tuple(value or ()) if field == "tags" else value if value is not None else ""
                for field, value in fields.items()
            }
    return found


def save(changes: Seen, seen: Seen) -> None:
    """Callback: store all changes or none; what was typed stays where that is refused."""
    edited = save_changes("grid", changes, seen)
    if edited is None:
        return
    report("grid", saved_words(edited))
    if edited.versions:
        st.session_state[LAST] = (edited.versions, "edited")
    _anew()


def _anew() -> None:
    """Callback: the grid begins without changes; the page stays the one it is."""
    forget_theirs("grid")
    st.session_state[SAVED] = st.session_state.get(SAVED, 0) + 1


def _edited(key: str) -> Mapping[int, Mapping[str, Any]]:
    state: Any = st.session_state.get(key) or {}
    edited: Mapping[int, Mapping[str, Any]] = state.get("edited_rows", {})
    return edited

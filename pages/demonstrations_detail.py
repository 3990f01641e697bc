"""One demonstration: read whole, approved, rejected, edited or deleted."""

from __future__ import annotations

import streamlit as st

from pages import demonstrations_bulk, identity, services
from pages.components import ago, escaped, plain_text, problem, report
from pages.demonstrations_bulk import CHOSEN
from pages.demonstrations_history import history_button
from pages.demonstrations_saving import forget_theirs, save_changes, saved_words, seen_of, show_theirs
from pages.rows import Demonstration
from workbench.errors import NotFound

EDITED = "demonstration_edited"
"""Id of the row whose editor is open."""
SEEN = "demonstration_seen"
"""What that row held when the editor was opened."""


def detail() -> None:
    """The chosen demonstration, or how to choose."""
    chosen = st.session_state.get(CHOSEN)
    row = _find(chosen) if chosen else None
    with st.container(border=True):
        if row is None:
            problem("browse")
            st.caption(
                ":material/ads_click: Choose a row to read it whole, change it or delete it; choose several to "
                "approve, tag, link or delete them together."
            )
        else:
            _whole(row)
            _actions(row)
            problem("browse")
    # Also where somebody has deleted the row meanwhile: what was typed is not lost.
    if chosen and st.session_state.get(EDITED) == chosen:
        _editor(chosen)


def _whole(row: Demonstration) -> None:
    plain_text(row.prompt, "Prompt")
    plain_text(row.response, "Response")
    tags = f" · {escaped(', '.join(row.tags))}" if row.tags else ""
    st.caption(f"{row.split} · {row.status}{tags}")
    source = f" from {escaped(row.source)}" if row.source else ""
    before = services.workspace().demonstrations.history(row.id)
    changed = f"changed by {escaped(before[0].replaced_by)} " if before else ""
    st.caption(f"By {escaped(row.author)}{source}, {changed}{ago(row.updated_at)}")
    if row.origin:
        place = f"{row.origin['document']}, {row.origin['section']}"
        st.caption(f"{escaped(place)}, characters {row.origin['start']:,} to {row.origin['end']:,}")


def _actions(row: Demonstration) -> None:
    with st.container(horizontal=True):
        if row.status != "approved":
            st.button(
                "Approve", icon=":material/check:", key="approve_demonstration",
                on_click=demonstrations_bulk.change, args=([row.id],), kwargs={"status": "approved"},
                shortcut="A", type="primary",
            )  # fmt: skip
        if row.status == "draft":
            st.button(
                "Reject", icon=":material/block:", key="reject_demonstration", on_click=demonstrations_bulk.change,
                args=([row.id],), kwargs={"status": "rejected"}, shortcut="X",
            )  # fmt: skip
        st.button("Edit", icon=":material/edit:", key="edit_demonstration", on_click=_edit, args=(row.id,))
        st.button(
            "Delete", icon=":material/delete:", key="delete_demonstration", on_click=demonstrations_bulk.delete,
            args=([row.id],),
        )  # fmt: skip
        history_button(row.id)


def _find(demonstration_id: str) -> Demonstration | None:
    try:
        return services.workspace().demonstrations.get(demonstration_id)
    except NotFound:
        return None


def _edit(demonstration_id: str) -> None:
    """Callback: open the editor on what the row holds now."""
    row = _find(demonstration_id)
    if row is None:
        return
    st.session_state[EDITED] = row.id
    st.session_state[SEEN] = seen_of(row)
    forget_theirs("edit")
    st.session_state["edit_prompt"], st.session_state["edit_response"] = row.prompt, row.response
    st.session_state["edit_tags"], st.session_state["edit_source"] = list(row.tags), row.source
    st.session_state["edit_status"], st.session_state["edit_split"] = row.status, row.split


@st.dialog("Edit demonstration", width="medium", on_dismiss=lambda: _close_editor())
def _editor(demonstration_id: str) -> None:
    name = identity.asked("Changes carry your name.")
    st.text_area("Prompt", key="edit_prompt", height=90)
    st.text_area("Ideal response", key="edit_response", height=150)
    known = sorted({*services.workspace().demonstrations.tags(), *st.session_state.get("edit_tags", [])})
    st.multiselect("Tags", known, key="edit_tags", accept_new_options=True)
    left, middle, right = st.columns(3)
    left.text_input("Source", key="edit_source")
    middle.selectbox(
        "Status", ["approved", "draft", "rejected"], key="edit_status", help="Only approved ones are trained on."
    )
    right.selectbox("Split", ["train", "validation", "test"], key="edit_split")
    problem("edit")
    show_theirs("edit")
    with st.container(horizontal=True):
        # A full rerun closes the dialog, because the editor is then no longer asked for.
        if st.button("Save", type="primary", icon=":material/save:", key="edit_save", disabled=name is None):
            save_edit(demonstration_id)
            st.rerun()
        if st.button("Cancel", key="edit_cancel"):
            _close_editor()
            st.rerun()


def save_edit(demonstration_id: str) -> None:
    """Store what the editor holds; it stays open where that is refused."""
    state = st.session_state
    typed = {
        "prompt": state["edit_prompt"],
        "response": state["edit_response"],
        "tags": tuple(state["edit_tags"]),
        "source": state["edit_source"] or "",
        "status": state["edit_status"],
        "split": state["edit_split"],
    }
    edited = save_changes("edit", {demonstration_id: typed}, {demonstration_id: state[SEEN]})
    if edited is not None:
        _close_editor()
        report("browse", saved_words(edited))


def _close_editor() -> None:
    st.session_state.pop(EDITED, None)

"""Finding, reading, changing and deleting demonstrations: a table on the left, the chosen row on the right."""

from __future__ import annotations

from typing import Any, Literal, cast

import pandas as pd
import streamlit as st

from pages import identity, services
from pages.components import ago, attempt, counted, escaped, plain_text, problem, report, required
from pages.rows import Demonstration
from workbench.demonstrations.editing import delete_demonstration, update_demonstration
from workbench.errors import NotFound

ROWS = 25
CHOSEN = "demonstration_chosen"
DELETED = "demonstration_deleted"
ROUND = "demonstrations_round"
ANY = "Any"
Status = Literal["draft", "approved", "rejected"]
Split = Literal["train", "validation", "test"]


def browse() -> None:
    """The filters, the table and the chosen row."""
    filters = _filters()
    repository = services.workspace().demonstrations
    number = repository.count(**filters)
    # Another filter is another table: it begins on its first page with nothing chosen.
    key = f"demonstrations_{hash((*filters.items(), st.session_state.get(ROUND, 0)))}"
    left, right = st.columns([1.4, 1], gap="medium")
    with left:
        pages = max(1, -(-number // ROWS))
        place = st.container()
        page = st.pagination(pages, key=f"{key}_page", max_visible_pages=5) if pages > 1 else 1
        with place:
            if any(filters.values()):
                st.caption(f"{counted(number, 'demonstration')} found")
            rows = repository.list(**filters, limit=ROWS, offset=(page - 1) * ROWS)
            _table(rows, key=f"{key}_{page}")
    with right:
        _undo_deletion()
        _detail()


def _filters() -> dict[str, Any]:
    tags = sorted(services.workspace().demonstrations.tags())
    columns = st.columns([2.2, 1, 1, 1.3])
    search = columns[0].text_input(
        "Search", key="demonstrations_search", type="search", live=True, placeholder="Words in prompt or response"
    )
    split = columns[1].selectbox("Split", [ANY, "train", "validation", "test"], key="demonstrations_split")
    status = columns[2].selectbox("Status", [ANY, "approved", "draft", "rejected"], key="demonstrations_status")
    tag = columns[3].selectbox("Tag", [ANY, *tags], key="demonstrations_tag")
    return {
        "search": (search or "").strip() or None,
        "split": None if split == ANY else split,
        "status": None if status == ANY else status,
        "tag": None if tag == ANY else tag,
    }


def _table(rows: list[Any], key: str) -> None:
    if not rows:
        st.caption("Nothing matches these filters.")
        return
    frame = pd.DataFrame(
        {
            "Prompt": [row.prompt for row in rows],
            "Split": [row.split for row in rows],
            "Response": [row.response for row in rows],
            "Tags": [", ".join(row.tags) for row in rows],
        }
    )
    ids = [row.id for row in rows]
    st.dataframe(
        frame,
        hide_index=True,
        key=key,
        on_select=lambda: _choose(key, ids),
        selection_mode="single-row",
        height="content" if len(rows) <= 15 else 560,
        column_config={
            "Prompt": st.column_config.TextColumn(width="medium"),
            "Response": st.column_config.TextColumn(width="medium"),
            "Split": st.column_config.TextColumn(width=80),
            "Tags": st.column_config.TextColumn(width=100),
        },
        alt="Demonstrations that match the filters",
    )


def _choose(key: str, ids: list[str]) -> None:
    """Callback: remember which row was chosen, or that none is."""
    selected = st.session_state[key].selection.rows
    st.session_state[CHOSEN] = ids[selected[0]] if selected else None


def _detail() -> None:
    chosen = st.session_state.get(CHOSEN)
    row = _find(chosen) if chosen else None
    with st.container(border=True):
        if row is None:
            problem("browse")
            st.caption(":material/ads_click: Choose a row to read it whole, change it or delete it.")
            return
        plain_text(row.prompt, "Prompt")
        plain_text(row.response, "Response")
        tags = f" · {escaped(', '.join(row.tags))}" if row.tags else ""
        st.caption(f"{row.split} · {row.status}{tags}")
        source = f" from {escaped(row.source)}" if row.source else ""
        st.caption(f"By {escaped(row.author)}{source}, {ago(row.updated_at)}")
        with st.container(horizontal=True):
            st.button("Edit", icon=":material/edit:", key="edit_demonstration", on_click=_edit, args=(row.id,))
            st.button("Delete", icon=":material/delete:", key="delete_demonstration", on_click=_delete, args=(row.id,))
        problem("browse")
    if st.session_state.get("demonstration_edited") == row.id:
        _editor(row)


def _find(demonstration_id: str) -> Demonstration | None:
    try:
        return services.workspace().demonstrations.get(demonstration_id)
    except NotFound:
        return None


# --- changing -------------------------------------------------------------------------------------


def _edit(demonstration_id: str) -> None:
    """Callback: open the editor on what the row holds now."""
    row = _find(demonstration_id)
    if row is None:
        return
    st.session_state["demonstration_edited"] = row.id
    st.session_state["edit_prompt"], st.session_state["edit_response"] = row.prompt, row.response
    st.session_state["edit_tags"], st.session_state["edit_source"] = list(row.tags), row.source
    st.session_state["edit_status"], st.session_state["edit_split"] = row.status, row.split


@st.dialog("Edit demonstration", width="medium", on_dismiss=lambda: _close_editor())
def _editor(row: Demonstration) -> None:
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
    with st.container(horizontal=True):
        # A full rerun closes the dialog, because the editor is then no longer asked for.
        if st.button("Save", type="primary", icon=":material/save:", key="edit_save", disabled=name is None):
            save_edit(row.id)
            st.rerun()
        if st.button("Cancel", key="edit_cancel"):
            _close_editor()
            st.rerun()


def save_edit(demonstration_id: str) -> None:
    """Store what the editor holds; it stays open where that is refused."""
    state = st.session_state

    def store() -> bool:
        update_demonstration(
            services.workspace(),
            demonstration_id,
            by=required(identity.person(), "Your name"),
            prompt=state["edit_prompt"],
            response=state["edit_response"],
            tags=tuple(state["edit_tags"]),
            source=state["edit_source"] or "",
            status=cast(Status, state["edit_status"]),
            split=cast(Split, state["edit_split"]),
        )
        return True

    if attempt("edit", store):
        _close_editor()
        report("browse", "Saved. The former version is kept.")


def _close_editor() -> None:
    st.session_state.pop("demonstration_edited", None)


def _delete(demonstration_id: str) -> None:
    """Callback: delete the row; it can be brought back."""

    def delete() -> bool:
        name = required(identity.person(), "Your name, in the sidebar,")
        delete_demonstration(services.workspace(), demonstration_id, name)
        return True

    if attempt("browse", delete):
        st.session_state[CHOSEN] = None
        st.session_state[DELETED] = demonstration_id
        _forget_selection()


def _undo_deletion() -> None:
    deleted = st.session_state.get(DELETED)
    if not deleted:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.caption("The demonstration was deleted.", width="stretch")
        st.button("Undo", icon=":material/undo:", key="undelete", on_click=_restore, args=(deleted,))


def _restore(demonstration_id: str) -> None:
    """Callback: bring the deleted row back as it was."""

    def restore() -> bool:
        repository = services.workspace().demonstrations
        repository.restore(repository.history(demonstration_id)[0].id, identity.person() or "")
        return True

    if attempt("browse", restore):
        st.session_state[CHOSEN] = demonstration_id
    st.session_state[DELETED] = None
    _forget_selection()


def _forget_selection() -> None:
    """The table selects by position, and another row has that position now."""
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1

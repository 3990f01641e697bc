"""Changing many demonstrations at once, and taking the last change back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages import identity, services
from pages.components import attempt, counted, escaped, problem, report, required
from workbench.demonstrations.many import change_demonstrations, delete_demonstrations, link_wordings
from workbench.demonstrations.restoring import Undone, undo_changes

CHOSEN = "demonstration_chosen"
"""Id of the one row that is shown whole."""
MANY = "demonstrations_chosen"
"""Ids of the rows that are chosen together."""
ROUND = "demonstrations_round"
LAST = "demonstrations_last_change"
"""The versions that the last change kept, and what it did."""
DONE = {"approved": "approved", "rejected": "rejected", "draft": "made drafts again"}


def change_many(ids: Sequence[str]) -> None:
    """What can be done with several rows."""
    with st.container(border=True):
        st.markdown(f"**{counted(len(ids), 'demonstration')} chosen**")
        with st.container(horizontal=True):
            for label, status, icon, key in (
                ("Approve", "approved", "check", "A"),
                ("Reject", "rejected", "block", "X"),
                ("Back to draft", "draft", "edit_note", None),
            ):
                st.button(
                    label,
                    icon=f":material/{icon}:",
                    key=f"many_{status}",
                    on_click=change,
                    args=(ids,),
                    kwargs={"status": status},
                    shortcut=key,
                )
            st.button("Delete", icon=":material/delete:", key="many_delete", on_click=delete, args=(ids,))
        known = sorted(services.workspace().demonstrations.tags())
        with st.form("many_tags", border=False):
            st.multiselect(
                "Add tags", known, key="many_add_tags", accept_new_options=True, placeholder="Choose or type"
            )
            st.multiselect("Take tags away", known, key="many_remove_tags", placeholder="Choose")
            st.form_submit_button("Change tags", icon=":material/sell:", on_click=_change_tags, args=(ids,))
        st.button(
            "Link as wordings of one fact",
            icon=":material/link:",
            key="many_link",
            on_click=link,
            args=(ids,),
            help="Held-out wordings of a fact that trains are told from facts that never train.",
        )
        problem("browse")


def change(ids: Sequence[str], **changes: Any) -> None:
    """Callback: change the rows and remember how to take it back."""
    _changed(ids, **changes)


def _changed(ids: Sequence[str], **changes: Any) -> bool:
    status = changes.get("status")
    what = DONE[status] if status else "tagged anew"
    return _do(lambda name: change_demonstrations(services.workspace(), ids, by=name, **changes), what)


def delete(ids: Sequence[str]) -> None:
    """Callback: delete the rows; they can be brought back."""
    if _do(lambda name: delete_demonstrations(services.workspace(), ids, name), "deleted"):
        st.session_state[CHOSEN] = None
        forget_selection()


def undo() -> None:
    """The last change, with a button that takes it back, and what became of that."""
    problem("undo")
    last = st.session_state.get(LAST)
    if not last:
        return
    versions, what = last
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.caption(escaped(f"{counted(len(versions), 'demonstration')} {what}."), width="stretch")
        st.button("Undo", icon=":material/undo:", key="undelete", on_click=_undo, args=(versions,), shortcut="U")


def forget_selection() -> None:
    """The table selects by position, and another row has that position now."""
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
    st.session_state[MANY] = []


def _do(action: Callable[[str], list[str]], what: str) -> bool:
    versions = attempt("browse", lambda: action(required(identity.person(), "Your name, in the sidebar,")))
    if versions is None:
        return False
    st.session_state[LAST] = (versions, what)
    return True


def _change_tags(ids: Sequence[str]) -> None:
    state = st.session_state
    if _changed(ids, add_tags=state["many_add_tags"], remove_tags=state["many_remove_tags"]):
        state["many_add_tags"], state["many_remove_tags"] = [], []


def link(ids: Sequence[str]) -> None:
    """Callback: say that the rows word one fact."""
    if _do(lambda name: link_wordings(services.workspace(), ids, name), "linked as wordings of one fact"):
        report("browse", "Linked. Their splits stay as they are.")


def _undo(versions: Sequence[str]) -> None:
    """Callback: bring the rows back to what they were before, but for those that were changed since."""

    def act() -> Undone:
        by = required(identity.person(), "Your name, in the sidebar,")
        return undo_changes(services.workspace(), versions, by)

    undone = attempt("undo", act)
    if undone is None:
        return
    report("undo", _undone_words(undone))
    st.session_state[CHOSEN] = undone.restored[0] if len(undone.restored) == 1 else None
    st.session_state[LAST] = None
    forget_selection()


def _undone_words(undone: Undone) -> str:
    back, left = len(undone.restored), len(undone.left)
    done = f"{counted(back, 'row')} {'is' if back == 1 else 'are'} as before."
    if not left:
        return done
    stay = "was changed since and stays as it is" if left == 1 else "were changed since and stay as they are"
    return f"{done} {counted(left, 'row')} {stay}."

"""What a demonstration was before: who changed it, when, and back to it."""

from __future__ import annotations

import streamlit as st

from pages import identity, services
from pages.components import ago, attempt, escaped, plain_text, report, required

OPEN = "demonstration_history"


def history_button(demonstration_id: str) -> None:
    """A button that opens the row's history, and the history while it is open."""
    st.button("History", icon=":material/history:", key="show_history", on_click=_open, args=(demonstration_id,))
    if st.session_state.get(OPEN) == demonstration_id:
        _history(demonstration_id)


def _open(demonstration_id: str) -> None:
    st.session_state[OPEN] = demonstration_id


def _close() -> None:
    st.session_state.pop(OPEN, None)


@st.dialog("History", width="medium", on_dismiss=_close)
def _history(demonstration_id: str) -> None:
    versions = services.workspace().demonstrations.history(demonstration_id)
    if not versions:
        st.caption("It is as it was first written.")
    for number, version in enumerate(versions):
        with st.container(border=True):
            st.caption(f"Until {escaped(version.replaced_by)} {version.action} it, {ago(version.replaced_at)}")
            plain_text(version.prompt, "Prompt")
            plain_text(version.response, "Response")
            tags = f" · {escaped(', '.join(version.tags))}" if version.tags else ""
            st.caption(f"{version.split} · {version.status}{tags}")
            if st.button("Restore this version", icon=":material/undo:", key=f"restore_{number}"):
                restore(version.id)
                st.rerun()


def restore(version_id: str) -> None:
    """Make a version the current row; what is current now becomes a version."""

    def act() -> bool:
        services.workspace().demonstrations.restore(
            version_id, required(identity.person(), "Your name, in the sidebar,")
        )
        return True

    if attempt("browse", act):
        report("browse", "Restored. What it was in between is kept.")
    _close()

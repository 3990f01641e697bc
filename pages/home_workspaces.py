"""Which workspace this is, and which others there are on this machine."""

from __future__ import annotations

import shlex

import streamlit as st

from pages import identity, services
from pages.components import counted, escaped
from workbench.workspaces import KnownWorkspace, known_workspaces

MOST_SHOWN = 8


def workspaces() -> None:
    """The open workspace, and how to come to another one.

    Where people sign in, one team need not know of the others: then only the open one is named.
    """
    root = services.workspace().root
    st.subheader("Workspaces", anchor=False)
    st.markdown(f":material/folder_open: Open here: **{escaped(root.name)}** · {escaped(root)}")
    if identity.provider_configured():
        return
    others = [known for known in known_workspaces(root) if known.root != root]
    if not others:
        # Not as captions: their pale letters are too faint on the ground of a command.
        st.markdown(
            "A workspace holds everything of one team. To begin another one, start the app a second time: "
            f"`workbench app --workspace {root.parent / 'another-team'}`"
        )
        return
    with st.expander(f"{counted(len(others), 'other workspace')} on this machine", icon=":material/folder_copy:"):
        for known in others[:MOST_SHOWN]:
            _other(known)
        if len(others) > MOST_SHOWN:
            st.markdown(f"And {len(others) - MOST_SHOWN} more: `workbench workspaces` lists all of them.")


def _other(known: KnownWorkspace) -> None:
    """One that is served has a link; for any other, the command that opens it."""
    state = f"in use by {known.holder}" if known.holder else f"last opened {known.opened:%d %B %Y}"
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{escaped(known.root.name)}** · {escaped(state)}")
        if known.address:
            st.link_button("Go there", known.address, icon=":material/open_in_new:")
        else:
            st.code(f"workbench app --workspace {shlex.quote(str(known.root))}", language=None, wrap_lines=True)

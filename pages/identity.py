"""Who is sitting there: the identity provider's word where sign-in is set up, a chosen name otherwise.

The name is needed before anything is written or voted, and asked for there, not at the door.
"""

from __future__ import annotations

from typing import cast

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from pages import services
from pages.components import escaped

NAME = "person_name"
_ASKED = "person_name_asked"
_TAKEN = "person_name_taken"
_MAX_NAME = 60


def signed_in() -> bool:
    """False, with the sign-in page drawn, where a provider is set up and nobody has signed in yet."""
    if not provider_configured() or st.user.is_logged_in:
        return True
    with st.container(horizontal_alignment="center"):
        st.space("large")
        with st.container(border=True, width=480):
            st.markdown("### Sign in")
            st.markdown("This workbench belongs to a team. Sign in with your company account to go on.")
            st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)
    return False


def person() -> str | None:
    """The name under which this session writes and votes; None while it has none."""
    if provider_configured():
        return str(st.user.get("name") or st.user.get("email") or "") or None
    name = st.session_state.get(NAME)
    return " ".join(str(name).split())[:_MAX_NAME] or None if name else None


def sidebar() -> None:
    """Who you are, at the foot of the sidebar."""
    st.session_state.pop(_TAKEN, None)
    with st.sidebar:
        if provider_configured():
            st.caption(f"Signed in as {escaped(person())}")
            st.button("Sign out", icon=":material/logout:", on_click=st.logout, type="tertiary")
            return
        st.selectbox(
            "Your name",
            _known_names(),
            index=None,
            key=NAME,
            accept_new_options=True,
            persist_state="session",
            placeholder="Type or choose your name",
            icon=":material/person:",
            help="Shown beside what you write, and used to count your votes once. Kept for this visit.",
        )


def asked(why: str) -> str | None:
    """The person's name; where there is none yet, a field that asks for it, and None."""
    if st.session_state.pop(_TAKEN, False):
        # Only a dialog was drawn anew: the browser has to learn the name from the sidebar, or it empties it again.
        st.rerun()
    name = person()
    if name is None:
        with st.container(border=True, width=560):
            st.markdown(f":material/person: {why} What is your name?")
            with st.container(horizontal=True, vertical_alignment="bottom"):
                st.text_input(
                    "Your name",
                    key=_ASKED,
                    label_visibility="collapsed",
                    placeholder="First name and surname",
                    max_chars=_MAX_NAME,
                    on_change=_take_name,
                )
                st.button("Go on", key="name_go_on", type="primary", on_click=_take_name)
    return name


def missing(name: str | None) -> None:
    """Why the button above waits: the field that asks for a name may have scrolled away."""
    if name is None:
        st.caption(":material/person: First say at the top of this part who you are.")


def another() -> None:
    """A way to another name, on the page, where the one that was given cannot be used."""
    if not provider_configured():
        st.button("Use another name", key="name_another", icon=":material/person:", on_click=_forget_name)


def _forget_name() -> None:
    """Callback: nobody sits there, so the page asks again."""
    st.session_state[NAME] = None


def _take_name() -> None:
    """Callback: the name typed on the page becomes the one in the sidebar."""
    name = " ".join(str(st.session_state.get(_ASKED) or "").split())
    if name:
        st.session_state[NAME] = name
        st.session_state[_TAKEN] = True


def _known_names() -> list[str]:
    """People who have voted before, so that nobody counts as two by a typing slip."""
    names = {row.name for row in services.workspace().annotators.list() if row.kind == "person"}
    current = st.session_state.get(NAME)
    if current:
        names.add(str(current))
    return sorted(names, key=str.casefold)


def provider_configured() -> bool:
    """Whether people sign in with their company account."""
    try:
        return "auth" in cast(dict[str, object], st.secrets)
    except StreamlitSecretNotFoundError:
        return False

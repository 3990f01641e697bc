"""Where one types next: the focus goes into a field after a click or a key, and only then."""

from __future__ import annotations

from secrets import token_hex

import streamlit as st

from pages.components_browser import browser_component

_WANTED = "focus:{}"


def focus_on(place: str, field: str) -> None:
    """Callback's word to `focused_field(place)`: the widget with this key gets the focus, once."""
    # A number that counts up would begin anew with the session, while the browser still holds the last one.
    st.session_state[_WANTED.format(place)] = {"field": field, "turn": token_hex(8)}


def focused_field(place: str) -> None:
    """Draw, unseen, the piece that moves the focus; below the fields that it may name."""
    wanted = st.session_state.get(_WANTED.format(place))
    browser_component("focus")(key=f"focus_{place}", data=wanted or {})

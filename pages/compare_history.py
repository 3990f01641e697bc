"""A person's own comparisons, and the links that open one or ask again."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import streamlit as st

from pages import services
from pages.components import ago
from pages.identity import person
from workbench.chatbot.comparisons import Comparison, find_comparison
from workbench.chatbot.comparisons import history as comparisons_of
from workbench.chatbot.questions import to_link
from workbench.errors import NotFound


def history(on_open: Callable[[Comparison], None]) -> None:
    """This person's comparisons, newest first; a click on a row opens it."""
    with st.expander("Your comparisons", icon=":material/history:", key="compare_history", on_change="rerun") as opened:
        if not opened.open:
            return
        name = person()
        if name is None:
            st.caption("Choose your name in the sidebar; what you ask is then kept here for you.")
            return
        mine = comparisons_of(services.workspace(), name)
        if not mine:
            st.caption("Nothing yet. What you ask from now on is kept here.")
            return
        st.dataframe(
            {
                "Prompt": [one.asked.prompt for one in mine],
                "Models": [f"{len(one.answers)}, blind" if one.blind else ", ".join(one.asked.models) for one in mine],
                "When": [ago(one.created_at) for one in mine],
            },
            hide_index=True,
            key="compare_history_table",
            on_select=lambda: _open(mine, on_open),
            selection_mode="single-row",
            height="content" if len(mine) <= 8 else 320,
            alt="Your comparisons",
        )


def _open(mine: list[Comparison], on_open: Callable[[Comparison], None]) -> None:
    """Callback: the row that was clicked."""
    rows = st.session_state["compare_history_table"].selection.rows
    if rows and rows[0] < len(mine):
        on_open(mine[rows[0]])


def link(comparison_id: str | None) -> None:
    """The addresses that open the comparison on the page."""
    if comparison_id is None:
        st.caption("Ask first; the link then opens that comparison.")
        return
    try:
        shown = find_comparison(services.workspace(), comparison_id)
    except NotFound:
        st.caption("This comparison is not kept any more.")
        return
    address = st.context.url or ""
    base = address.split("?")[0]
    st.caption("These answers, as they are:")
    st.code(f"{base}?{urlencode({'comparison': shown.id})}", language=None, wrap_lines=True)
    st.caption("The same question, to be asked again:")
    st.code(f"{base}?{urlencode(to_link(shown.asked, blind=shown.blind))}", language=None, wrap_lines=True)

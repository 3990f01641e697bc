"""A comparison's answers; while it is blind, the choice among them, which is a vote."""

from __future__ import annotations

import time
from functools import partial

import streamlit as st

from pages import services
from pages.compare_asking import SHOWN_AT
from pages.compare_panes import panes
from pages.components import attempt, escaped, report
from pages.identity import asked as name_asked
from pages.identity import person
from workbench.chatbot.comparisons import Comparison
from workbench.chatbot.votes import Undecided, chosen_in, vote_on_comparison

UNDECIDED: dict[Undecided, str] = {"tie": "equally good", "both_bad": "both bad"}


def shown_comparison(comparison: Comparison) -> None:
    """The answers with their models, or nameless and with what there is to choose while they are blind."""
    voted = bool(services.workspace().comparisons.votes(comparison.id))
    mine = comparison.person in ("", person() or "")
    hidden = comparison.blind and mine and not voted and not services.workspace().comparisons.revealed(comparison.id)
    note = st.session_state.pop("done:compare_note", None)
    if note:
        st.warning(escaped(note), icon=":material/info:")
    if not hidden:
        chosen = chosen_in(services.workspace(), comparison) if comparison.blind and voted else None
        panes(comparison, hidden=False, extra=partial(_mark, chosen) if isinstance(chosen, int) else None)
        if chosen is not None:
            said = f"Chosen blind: {UNDECIDED[chosen]}. It" if isinstance(chosen, str) else "The choice"
            st.caption(f":material/how_to_vote: {said} counts as a vote on these answers.")
        return
    if len({answer.text.strip() for answer in comparison.answers}) == 1:
        panes(comparison, hidden=True)
        st.info("The answers are the same, word for word, so there is nothing to prefer.", icon=":material/equal:")
        _names(comparison)
        return
    name = name_asked("A blind choice is a vote, and votes carry a name.")
    panes(comparison, hidden=True, extra=partial(_vote_button, comparison) if name else None)
    if name:
        _undecided(comparison)


def _mark(chosen: int, place: int) -> None:
    if place == chosen:
        st.badge("Chosen blind", icon=":material/thumb_up:", color="primary")


def _vote_button(comparison: Comparison, place: int) -> None:
    st.button(
        "This one is best" if len(comparison.answers) > 2 else "This one is better",
        key=f"compare_vote_{place}",
        icon=":material/thumb_up:",
        on_click=_vote,
        args=(comparison, place),
    )


def _undecided(comparison: Comparison) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(comparison.answers) == 2:
            for choice, words in UNDECIDED.items():
                st.button(words.capitalize(), key=f"compare_{choice}", on_click=_vote, args=(comparison, choice))
        _names(comparison)


def _names(comparison: Comparison) -> None:
    st.button(
        "Show the models without voting", key="compare_reveal", type="tertiary", on_click=_reveal, args=(comparison,)
    )


def _reveal(comparison: Comparison) -> None:
    """Callback: no vote; who has seen the names cannot vote blind any more."""
    services.workspace().comparisons.reveal(comparison.id)


def _vote(comparison: Comparison, choice: int | Undecided) -> None:
    """Callback: what was chosen becomes a vote, once."""
    name = person()
    if name is None:
        return
    seconds = time.monotonic() - st.session_state.get(SHOWN_AT, time.monotonic())
    ids = attempt("compare", vote_on_comparison, services.workspace(), comparison, choice, person=name, seconds=seconds)
    if ids is not None:
        report("compare", f"Saved as {len(ids)} {'vote' if len(ids) == 1 else 'votes'} by {name}.")

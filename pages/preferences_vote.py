"""Voting: one pair at a time, blind, with one key or click each.

The desk itself is drawn in the browser (`pages/voting`), with the next pairs already there, so that a vote does not
wait for the server. Which model wrote which side is never sent before a vote. What the browser sends is taken up once,
however often it arrives (`workbench.preferences.actions`).
"""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from pages import identity, services
from pages.components import attempt, empty_state, problem
from pages.voting_desk import voting_desk
from workbench.errors import WorkbenchError
from workbench.preferences.actions import UNREADABLE, read_actions, take_up
from workbench.preferences.progress import VotingProgress, pairs_ahead, progress
from workbench.preferences.voting import held_pairs
from workbench.preferences.voting_settings import VotingSettings, voting_settings

RESULTS = "vote_results"
RESULTS_KEPT = 60
AHEAD = "vote_ahead"
AHEAD_SECONDS = 5.0
"""How old the count of waiting pairs may be; it is the dearest question, and others' votes change it anyway."""


def vote() -> None:
    """The Vote part of the page."""
    if not services.workspace().pairs.count():
        empty_state(
            "No pairs to vote on yet",
            "A pair is two responses to the same prompt. Choose Generate pairs above to let a model write some.",
            "thumbs_up_down",
        )
        return
    if identity.asked("Each person's vote counts once.") is None:
        return
    _voting()


@st.fragment
def _voting() -> None:
    """Redrawn alone after each vote."""
    name = identity.person()
    if name is None:
        st.rerun()
    data = attempt("vote", _desk_data, name)
    problem("vote")
    if data is None:
        identity.another()
    else:
        voting_desk(data, key=f"desk_{name}", on_outbox=lambda: _take_outbox(f"desk_{name}", name))


def _desk_data(name: str) -> dict[str, Any]:
    workspace = services.workspace()
    settings = voting_settings(workspace)
    pairs = held_pairs(workspace, name, settings)
    state = progress(workspace, name)
    return {
        "person": name,
        "pairs": [
            {
                "key": f"{pair.pair_id}:{pair.occasion}",
                "pair": pair.pair_id,
                "occasion": pair.occasion,
                "prompt": pair.prompt,
                "left": pair.left,
                "right": pair.right,
            }
            for pair in pairs
        ],
        "results": st.session_state.get(RESULTS, {}),
        **_counts(name, state, anew=not pairs),
        "settings": _shown_settings(settings),
    }


def _counts(name: str, state: VotingProgress, anew: bool) -> dict[str, Any]:
    known: tuple[str, float, int, int] = st.session_state.get(AHEAD, ("", 0.0, 0, 0))
    if anew or known[0] != name or time.monotonic() - known[1] > AHEAD_SECONDS or known[2] <= state.done - known[3]:
        known = (name, time.monotonic(), pairs_ahead(services.workspace(), name), state.done)
        st.session_state[AHEAD] = known
    return {
        "done": state.done,
        "ahead": max(0, known[2] - (state.done - known[3])),
        "today": state.today,
        "seconds_per_vote": state.seconds_per_vote,
        "skipped": state.skipped,
        "last_vote": state.last_vote,
    }


def _shown_settings(settings: VotingSettings) -> dict[str, Any]:
    return settings.model_dump(mode="json", include={"reveal", "ask_reasons", "reasons", "guidelines"})


def _take_outbox(key: str, name: str) -> None:
    """Callback: take up what the desk sent, and keep what became of it for the desk to read."""
    results: dict[str, Any] = dict(st.session_state.get(RESULTS, {}))
    try:
        actions, unreadable = read_actions(st.session_state[key].get("outbox") or [])
        results |= dict.fromkeys(unreadable, UNREADABLE)
        for action in actions:
            if action.id not in results:
                results[action.id] = take_up(services.workspace(), action, name)
    except WorkbenchError as error:
        # Nothing is said about the actions that are left: the desk keeps them and sends them again.
        attempt("vote", _raise, error)
    st.session_state[RESULTS] = dict(list(results.items())[-RESULTS_KEPT:])


def _raise(error: WorkbenchError) -> None:
    raise error

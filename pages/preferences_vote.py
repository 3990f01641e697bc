"""Voting: one pair at a time, blind, with one click or key each.

Which model wrote which side is never sent to the browser. The sides were drawn once for this person and pair and
stored, so drawing the page again cannot swap them; buttons bear the pair's id, so a second click on a pair that is
already gone does nothing.
"""

from __future__ import annotations

import time
from typing import Literal

import streamlit as st

from pages import identity, services
from pages.components import attempt, counted, empty_state, plain_text, problem
from workbench.preferences.voting import ShownPair, Side, progress, record_vote, undo_last_vote

SKIPPED = "vote_skipped"
AGAIN = "vote_again"
SHOWN_AT = "vote_shown_at"


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
    """Redrawn alone at each vote, so that the next pair comes at once."""
    name = identity.person()
    if name is None:
        st.rerun()
    state = attempt("vote", progress, services.workspace(), name)
    if state is None:
        problem("vote")
        return
    total = state.done + state.remaining
    st.progress(
        state.done / total if total else 0.0,
        text=f"{counted(state.done, 'vote')} by you, {counted(state.remaining, 'pair')} left · "
        f"{counted(state.total_votes, 'vote')} by the whole team",
    )
    shown = _next(name)
    if shown is None:
        _nothing_left()
    else:
        _pair(shown, name)
    problem("vote")
    _foot(shown, name, can_undo=state.done > 0)


def _pair(shown: ShownPair, name: str) -> None:
    if st.session_state.get(SHOWN_AT, ("", 0.0))[0] != shown.pair_id:
        st.session_state[SHOWN_AT] = (shown.pair_id, time.monotonic())
    with st.container(border=True):
        plain_text(shown.prompt, "Prompt")
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        plain_text(shown.left, "Left response")
    with right, st.container(border=True, height="stretch"):
        plain_text(shown.right, "Right response")
    # The key to press is shown on the button. No arrow keys: they scroll, and move between the tabs above.
    buttons: tuple[tuple[Side, str, str], ...] = (
        ("left", "Left is better", "1"),
        ("tie", "About the same", "2"),
        ("right", "Right is better", "3"),
    )
    columns = st.columns([1.2, 1, 1.2], gap="medium")
    for column, (choice, label, key) in zip(columns, buttons, strict=True):
        column.button(
            label,
            key=f"vote_{choice}_{shown.pair_id}",
            shortcut=key,
            type="secondary" if choice == "tie" else "primary",
            width="stretch",
            on_click=_vote,
            args=(shown.pair_id, name, choice),
        )


def _foot(shown: ShownPair | None, name: str, can_undo: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if shown is not None:
            st.button(
                "Skip",
                key=f"vote_skip_{shown.pair_id}",
                icon=":material/skip_next:",
                shortcut="S",
                type="tertiary",
                on_click=_skip,
                args=(shown.pair_id,),
            )
        st.button(
            "Undo my last vote",
            key="vote_undo",
            icon=":material/undo:",
            shortcut="U",
            type="tertiary",
            disabled=not can_undo,
            on_click=_undo,
            args=(name,),
        )
        st.caption("You vote blind: who wrote what is not shown, and the sides are drawn by lot.", width="stretch")


def _nothing_left() -> None:
    skipped = st.session_state.get(SKIPPED, ())
    if skipped:
        with st.container(border=True):
            st.markdown(f"You have voted on everything else; {counted(len(skipped), 'pair')} you skipped.")
            st.button("Show the skipped ones", key="vote_unskip", icon=":material/replay:", on_click=_unskip)
        return
    empty_state(
        "You have voted on every pair",
        "Thank you. The votes can train a reward model now; or generate more pairs above.",
        "task_alt",
        ("step4_reward_model.py", "Go to the reward model"),
    )


def _next(name: str) -> ShownPair | None:
    """The pair to show: one whose vote was just undone, else the first that this visit has not skipped."""
    workspace = services.workspace()
    annotator = workspace.annotators.get_or_create(name, "person")
    skipped = st.session_state.get(SKIPPED, ())
    waiting = workspace.pairs.next_for(annotator.id, limit=len(skipped) + 1)
    again = st.session_state.get(AGAIN)
    if again is not None:
        waiting = [workspace.pairs.get(again), *waiting]
    pair = next((pair for pair in waiting if pair.id not in skipped), None)
    if pair is None:
        return None
    left_is = workspace.pairs.side(pair.id, annotator.id)
    texts = {"a": pair.response_a, "b": pair.response_b}
    other: Literal["a", "b"] = "b" if left_is == "a" else "a"
    return ShownPair(pair.id, pair.prompt, texts[left_is], texts[other], left_is)


# --- callbacks ------------------------------------------------------------------------------------


def _vote(pair_id: str, name: str, choice: Side) -> None:
    shown_pair, shown_at = st.session_state.get(SHOWN_AT, ("", 0.0))
    seconds = time.monotonic() - shown_at if shown_pair == pair_id else None
    attempt(
        "vote",
        record_vote,
        services.workspace(),
        pair_id=pair_id,
        annotator_name=name,
        choice=choice,
        seconds=seconds,
    )
    st.session_state[AGAIN] = None


def _undo(name: str) -> None:
    undone = attempt("vote", undo_last_vote, services.workspace(), name)
    if undone is not None:
        st.session_state[AGAIN] = undone.pair_id
        _unskip()


def _skip(pair_id: str) -> None:
    st.session_state[SKIPPED] = (*st.session_state.get(SKIPPED, ()), pair_id)
    st.session_state[AGAIN] = None


def _unskip() -> None:
    st.session_state[SKIPPED] = ()

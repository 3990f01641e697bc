"""What a person makes of an answer in the chat: a thumb, which is a vote, or a better answer, which is a draft."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages import services
from pages.components import attempt, problem, report, required
from pages.identity import asked as name_asked
from pages.identity import person
from workbench.chatbot.chat import Said, correct, drawn_order, other_sample, vote_on_answer
from workbench.chatbot.votes import ShownAnswer
from workbench.preferences.voting import Side

OPEN = "chat_feedback"
"""(turn id, 'vote' or 'correct') of the one that is open."""


def feedback(said: Said) -> None:
    """The buttons under an answer, and what the one that was pressed opened."""
    voted = st.session_state.get(f"voted_{said.id}")
    with st.container(horizontal=True, gap="xsmall"):
        if said.alone and said.response and not voted:
            for icon, words in (("thumb_up", "Good answer"), ("thumb_down", "Bad answer")):
                st.button(
                    words,
                    icon=f":material/{icon}:",
                    key=f"{icon}_{said.id}",
                    type="tertiary",
                    on_click=_open,
                    args=(said, "vote"),
                    help="A vote on this answer against another one of the same model, which you are shown first.",
                )
        st.button(
            "Correct it",
            icon=":material/edit:",
            key=f"correct_{said.id}",
            type="tertiary",
            on_click=_open,
            args=(said, "correct"),
            help="Your answer becomes a draft demonstration.",
        )
    if not said.alone:
        st.caption("No thumbs here: this answer depends on the turns before it, and votes are on single prompts.")
    problem(f"chat_{said.id}")
    match st.session_state.get(OPEN):
        case (said.id, "correct"):
            _correction(said)
        case (said.id, "vote"):
            _vote(said)


def uncovered(said: Said, on_ask: Callable[[Said], None]) -> None:
    """What can be done where nothing is near the question."""
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Ask the model anyway", key=f"anyway_{said.id}", on_click=on_ask, args=(said,))
        st.button(
            "Write the answer", icon=":material/edit:", key=f"correct_{said.id}", on_click=_open, args=(said, "correct")
        )
    problem(f"chat_{said.id}")
    if st.session_state.get(OPEN) == (said.id, "correct"):
        _correction(said)


def _open(said: Said, what: str) -> None:
    """Callback."""
    st.session_state[OPEN] = (said.id, what)


def _close() -> None:
    """Callback."""
    st.session_state.pop(OPEN, None)


def _correction(said: Said) -> None:
    name = name_asked("A demonstration carries its author's name.")
    if name is None:
        return
    with st.container(border=True):
        st.text_area("The right answer", said.response, key=f"answer_{said.id}", height=100)
        with st.container(horizontal=True):
            st.button("Save as draft", type="primary", key=f"save_{said.id}", on_click=_save, args=(said, name))
            st.button("Cancel", key=f"cancel_{said.id}", on_click=_close)


def _save(said: Said, name: str) -> None:
    """Callback: the corrected answer becomes a draft."""

    def save() -> bool:
        text = required(st.session_state.get(f"answer_{said.id}"), "The answer")
        correct(services.workspace(), said, text, name)
        return True

    if attempt(f"chat_{said.id}", save):
        report(f"chat_{said.id}", "Saved as a draft demonstration; approve it on page 1, and the next SFT learns it.")
        _close()


# --- thumbs ---------------------------------------------------------------------------------------


def _vote(said: Said) -> None:
    """The answer beside the other sample that the thumb is a vote against; the sample is drawn here, once.

    Thumb up and thumb down begin the same way: what counts is the choice between the two, once both were read.
    """
    if name_asked("A thumb is a vote, and votes carry a name.") is None:
        return
    shown: tuple[ShownAnswer, ShownAnswer] | None = st.session_state.get(f"pair_{said.id}")
    if shown is None:
        with st.spinner("The model answers a second time …"):
            other = attempt(f"chat_{said.id}", other_sample, services.workspace(), services.generator(), said)
        if other is None:
            _close()
            st.rerun()
        shown = st.session_state[f"pair_{said.id}"] = drawn_order(said, other)
    with st.container(border=True):
        st.caption("Your thumb counts as a vote between these two answers of the same model. Which one is better?")
        for column, answer, side in zip(st.columns(2), shown, ("left", "right"), strict=True):
            with column, st.container(border=True, height="stretch"):
                st.text(answer.text, width="stretch")
                if answer.text == said.response:
                    st.caption("the answer above")
                _choice("This one is better", side, said)
        with st.container(horizontal=True):
            _choice("Equally good", "tie", said)
            _choice("Both bad", "both_bad", said)
            st.button("Do not vote", key=f"no_vote_{said.id}", type="tertiary", on_click=_close)


def _choice(words: str, side: str, said: Said) -> None:
    st.button(words, key=f"choice_{side}_{said.id}", on_click=_record, args=(said, side))


def _record(said: Said, side: Side) -> None:
    """Callback: store the vote, once."""
    name, shown = person(), st.session_state.get(f"pair_{said.id}")
    if name is None or shown is None:
        return
    if attempt(f"chat_{said.id}", vote_on_answer, services.workspace(), said, shown, side, name) is not None:
        st.session_state[f"voted_{said.id}"] = True
        report(f"chat_{said.id}", f"Saved as a vote by {name}.")
        _close()

"""The team's chatbot: several turns with one model, corrections, and thumbs that are votes."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import streamlit as st

from pages import chat_feedback, services
from pages.components import ago, attempt, escaped, header, problem
from pages.components_forms import model_label
from pages.components_numbers import number_field
from pages.identity import person
from pages.palette import model_name
from workbench.chatbot.chat import Said, chats_of, conversation, default_model, keep_turn, new_id, turns_of
from workbench.chatbot.comparisons import Nearest, nearest
from workbench.chatbot.nearness import CLOSE, covered, near_demonstrations
from workbench.chatbot.questions import MAX_PROMPT
from workbench.errors import WorkbenchError
from workbench.models.generator import Pane
from workbench.models.promotion import promoted_model
from workbench.models.registry import LANGUAGE_MODELS, get_model, list_models
from workbench.models.streaming import Sampling

TURNS = "chat_turns"
CHAT = "chat_id"
WRITING = "chat_writing"
"""The turn that is being answered: (prompt, asked although nothing is near)."""
PARTIAL = "chat_partial"
NOTHING_NEAR = (
    "Nothing in the demonstrations is near this question, so an answer would be invented. Write the answer yourself "
    "and it becomes a draft demonstration, or ask the model all the same."
)


def page() -> None:
    """Draw the page."""
    header("Chat", "forum", "Ask your chatbot as your colleagues would. What it gets wrong, you can put right here.")
    models = list_models(services.workspace(), LANGUAGE_MODELS)
    names = {model.id: model_label(model) for model in models}
    default = default_model(services.workspace()).id
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model_id = st.selectbox(
            "Model",
            list(reversed(names)),
            index=list(reversed(names)).index(default),
            key="chat_model",
            format_func=names.__getitem__,
            width=320,
        )
        with st.popover("Settings", icon=":material/tune:"):
            _settings()
        st.button("New chat", icon=":material/add_comment:", key="chat_new", on_click=_new)
    _history()
    problem("chat")
    for said in st.session_state.setdefault(TURNS, []):
        _turn(said)
    if st.session_state.get(WRITING):
        _write(str(model_id))
    elif not st.session_state[TURNS]:
        _welcome(str(model_id))
    st.chat_input("Where is the HR department in Boston?", key="chat_prompt", max_chars=MAX_PROMPT, on_submit=_submit)


def _settings() -> None:
    st.toggle(
        "Remember the conversation",
        key="chat_remember",
        help="The model then sees the turns before. It has learned from single questions, so its answers may get "
        "worse, and answers that depend on earlier turns cannot be voted on.",
    )
    st.slider("Temperature", 0.0, 2.0, 0.0, 0.1, key="chat_temperature", help="0: the likeliest answer each time.")
    number_field(
        Sampling.model_fields["max_new_tokens"], "Longest answer (tokens)", value=96, step=8, key="chat_tokens"
    )


def _welcome(model_id: str) -> None:
    with st.container(border=True):
        chosen = promoted_model(services.workspace())
        role = ", the model your team promoted" if chosen is not None and chosen.id == model_id else ""
        st.markdown(
            f"You are talking to **{escaped(model_id)}**{role}. Each question stands alone unless you say otherwise."
        )
        if chosen is None:
            st.caption("No model was promoted yet; page 4 does that once blind votes prefer one.")
        st.caption(
            ":material/thumb_up: and :material/thumb_down: under an answer are votes: you compare it with another "
            "answer of the same model. :material/edit: turns your better answer into a draft demonstration."
        )


def _history() -> None:
    with st.expander("Your chats", icon=":material/history:", key="chat_history", on_change="rerun") as opened:
        if not opened.open:
            return
        name = person()
        if name is None:
            st.caption("Choose your name in the sidebar; your chats are then kept here for you.")
            return
        mine = chats_of(services.workspace(), name)
        if not mine:
            st.caption("None yet.")
            return
        st.dataframe(
            {"First question": [prompt for _, prompt, _ in mine], "When": [ago(when) for *_, when in mine]},
            hide_index=True,
            key="chat_history_table",
            on_select=lambda: _open([chat_id for chat_id, *_ in mine]),
            selection_mode="single-row",
            height="content" if len(mine) <= 6 else 260,
            alt="Your chats",
        )


def _open(ids: list[str]) -> None:
    """Callback: the chat whose row was clicked."""
    rows = st.session_state["chat_history_table"].selection.rows
    if rows and rows[0] < len(ids):
        st.session_state[CHAT] = ids[rows[0]]
        st.session_state[TURNS] = turns_of(services.workspace(), ids[rows[0]])


def _new() -> None:
    """Callback: an empty page."""
    for key in (TURNS, CHAT, WRITING, PARTIAL):
        st.session_state.pop(key, None)


def _submit() -> None:
    """Callback: a question was sent."""
    prompt = str(st.session_state["chat_prompt"] or "").strip()
    if prompt and attempt("chat", _sampling) is not None:
        st.session_state[WRITING] = (prompt, False)


def _sampling() -> Sampling:
    """How answers are drawn, as the settings say.

    Raises:
        ValidationError: a number is out of bounds.
    """
    state = st.session_state
    return Sampling(temperature=state["chat_temperature"], max_new_tokens=state["chat_tokens"])


# --- turns ----------------------------------------------------------------------------------------


def _turn(said: Said) -> None:
    with st.chat_message("user"):
        st.text(said.prompt, width="stretch")
    with st.chat_message("assistant"):
        if said.refused:
            st.info(NOTHING_NEAR, icon=":material/search_off:")
            _nearest(said.near, "The nearest there is")
            chat_feedback.uncovered(said, on_ask=_ask_anyway)
            return
        model_name(said.model, said.model, _origin(said), size="0.9rem")
        st.text(said.response or "(empty)", width="stretch")
        if not said.complete:
            st.caption(":material/stop_circle: Stopped before it was done.")
        if said.near is None or said.near.likeness < CLOSE:
            st.caption(":material/help: The nearest demonstration is only loosely near; check this answer.")
        _nearest(said.near, "Nearest demonstration")
        chat_feedback.feedback(said)


def _origin(said: Said) -> str:
    parts = [f"weights {said.weights[:10]}"] if said.weights else []
    if said.seconds:
        parts.append(f"{said.seconds:.1f} s")
    return " · ".join(parts)


def _nearest(near: Nearest | None, title: str) -> None:
    if near is None:
        return
    with st.expander(f"{title} · similarity of the questions {near.likeness:.2f}", icon=":material/menu_book:"):
        st.text(near.prompt, width="stretch")
        st.text(near.response, width="stretch")


def _ask_anyway(said: Said) -> None:
    """Callback: the model is asked although nothing is near."""
    st.session_state[WRITING] = (said.prompt, True)


def _write(model_id: str) -> None:
    """Answer the open question, token by token, and keep the turn."""
    prompt, anyway = st.session_state[WRITING]
    with st.chat_message("user"):
        st.text(prompt, width="stretch")
    with st.chat_message("assistant"):
        place = st.empty()
        st.button("Stop", icon=":material/stop_circle:", key="chat_stop", on_click=_stop)
        place.caption("Looking for demonstrations near the question …")
        try:
            said = _said(model_id, prompt, anyway=anyway, place=place)
        except WorkbenchError as error:
            st.session_state.pop(WRITING)
            st.error(escaped(error), icon=":material/error:")
            return
    st.session_state.pop(WRITING)
    _keep(said)
    st.rerun()


def _said(model_id: str, prompt: str, *, anyway: bool, place: Any) -> Said:
    state = st.session_state
    near = near_demonstrations(services.workspace(), prompt) if services.workspace().demonstrations.count() else []
    said = Said(
        id=new_id(),
        chat_id=state.setdefault(CHAT, new_id()),
        position=len(state[TURNS]),
        model=model_id,
        prompt=prompt,
        response="",
        sampling=_sampling(),
        alone=not state["chat_remember"] or not state[TURNS],
        near=nearest(near[0], near[0].likeness) if near else None,
    )
    if not anyway and not covered(prompt, near):
        return said.model_copy(update={"refused": True})
    place.caption("Loading the model, if it is not in memory yet …")
    messages = conversation(state[TURNS], prompt, alone=said.alone)
    pane = Pane(get_model(services.workspace(), model_id).spec, messages, said.sampling)
    with closing(services.generator().stream([pane])) as events:
        for written in events:
            if written.error:
                raise WorkbenchError(written.error)
            said = said.model_copy(
                update={
                    "response": written.text or said.response,
                    "weights": written.weights or said.weights,
                    "seconds": written.seconds,
                    "complete": written.done,
                }
            )
            state[PARTIAL] = said
            if said.response:
                place.text(said.response if written.done else f"{said.response} ▌", width="stretch")
    return said


def _stop() -> None:
    """Callback: what there is of the answer stays."""
    st.session_state.pop(WRITING, None)
    partial: Said | None = st.session_state.get(PARTIAL)
    if partial is not None and partial.response and not partial.complete:
        _keep(partial)


def _keep(said: Said) -> None:
    st.session_state.pop(PARTIAL, None)
    st.session_state[TURNS] = [*st.session_state[TURNS], said]
    attempt("chat", keep_turn, services.workspace(), said, person() or "")


if __name__ == "__main__":
    page()

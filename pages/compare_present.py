"""Comparing in front of a room: nothing on the screen but the question and the answers, in large type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import streamlit as st

from pages import services
from pages.components import attempt, problem
from workbench.chatbot.prepared import prepare_prompts, prepared_prompts

PLACE = "present_place"
FORM = (
    "compare_models",
    "compare_temperature",
    "compare_top_p",
    "compare_tokens",
    "compare_seed",
    "compare_seeds",
    "compare_blind",
    "compare_scorer",
    "compare_source",
    "compare_prompt",
    "compare_choice",
)
CHOICES = "present_choices"
"""What stood in the form, which is not drawn while presenting and would be forgotten."""
STYLE = """<style>
[data-testid="stSidebar"], [data-testid="stSidebarCollapsedControl"], [data-testid="stExpandSidebarButton"],
[data-testid="stHeader"], [data-testid="stToolbar"] { display: none; }
[data-testid="stMainBlockContainer"] { max-width: none; padding: 1.5rem 2.5rem; }
[data-testid="stText"] { font-size: clamp(1.35rem, 2.1vw, 2.4rem); line-height: 1.35; }
[class*="st-key-pane_"] :is([data-testid="stTooltipIcon"], [data-testid="stHtml"] div + div) { display: none; }
[class*="st-key-pane_"] :is([data-testid="stHtml"], [data-testid="stMarkdownContainer"] p) {
  font-size: clamp(1.2rem, 1.6vw, 1.8rem); }
[class*="st-key-pane_"] :is([data-testid="stCaptionContainer"] p, [class*="st-key-near_"] [data-testid="stText"]) {
  font-size: clamp(1rem, 1.2vw, 1.4rem); }
.st-key-compare_question [data-testid="stText"] { font-size: clamp(1.7rem, 2.8vw, 3.2rem); font-weight: 650; }
</style>"""


class Ask(Protocol):
    """Asks the chosen models."""

    def __call__(self, prompt: str, *, blind: bool = False) -> None: ...


def begin() -> None:
    """Callback: presenting is part of the address, so that a reload stays in it. The form's choices come along."""
    st.session_state[CHOICES] = {name: st.session_state[name] for name in FORM if name in st.session_state}
    st.query_params["present"] = "1"


def end() -> None:
    """Callback: back to the page, and to what stood in its form."""
    st.session_state.update(st.session_state.get(CHOICES, {}))
    st.query_params.pop("present", None)


def stage() -> None:
    """Hide everything else and enlarge the rest."""
    # Set anew in every run: what belongs to fields that are not drawn is forgotten at the end of the first one.
    st.session_state.update(st.session_state.get(CHOICES, {}))
    st.html(STYLE)
    st.title("Which answer would you give?", anchor=False)


def controls(on_ask: Ask, on_stop: Callable[[], None]) -> None:
    """The prepared prompts, one after the other, and the way back."""
    prompts = prepared_prompts(services.workspace())
    place = _place(prompts)
    with st.container(horizontal=True, vertical_alignment="center"):
        asking = bool(st.session_state.get("compare_asking"))
        st.button(
            "Ask",
            type="primary",
            icon=":material/send:",
            key="present_ask",
            on_click=_ask,
            args=(prompts, place, on_ask),
            disabled=asking or not prompts,
        )
        if asking:
            st.button("Stop", icon=":material/stop_circle:", key="compare_stop", on_click=on_stop)
        st.button(
            "Previous",
            icon=":material/arrow_back:",
            key="present_back",
            on_click=_go,
            args=(place - 1,),
            disabled=asking or place == 0,
        )
        st.button(
            "Ask the next",
            icon=":material/arrow_forward:",
            key="present_next",
            on_click=_ask,
            args=(prompts, place + 1, on_ask),
            disabled=asking or place >= len(prompts) - 1,
        )
        st.caption(f"{place + 1} of {len(prompts)}" if prompts else "No prompts are prepared.", width="content")
        with st.popover("Prompts", icon=":material/list:", type="tertiary"):
            _edit(prompts)
        st.button("Leave", icon=":material/close_fullscreen:", key="present_leave", type="tertiary", on_click=end)
    if prompts and not st.session_state.get("compare_shown") and not st.session_state.get("compare_asking"):
        with st.container(border=True, key="compare_question"):
            st.text(prompts[place], width="stretch")


def _go(place: int) -> None:
    """Callback: another prompt, not asked yet."""
    st.session_state[PLACE] = place
    st.session_state["compare_shown"] = None


def _ask(prompts: list[str], place: int, on_ask: Ask) -> None:
    """Callback: a prompt, asked at once and blind where that was chosen: one click is all a speaker wants to do."""
    st.session_state[PLACE] = place
    on_ask(prompts[place], blind=bool(st.session_state.get("compare_blind")))


def _place(prompts: list[str]) -> int:
    """Which of the prepared prompts it is about: after a reload the one that is on the screen."""
    shown = st.session_state.get("compare_shown")
    if PLACE not in st.session_state and shown is not None and shown.asked.prompt in prompts:
        st.session_state[PLACE] = prompts.index(shown.asked.prompt)
    return min(int(st.session_state.get(PLACE, 0)), max(len(prompts) - 1, 0))


def _edit(prompts: list[str]) -> None:
    st.text_area(
        "Prepared prompts, one a line",
        "\n".join(" ".join(prompt.split()) for prompt in prompts),
        key="present_prompts",
        height=260,
        width=520,
    )
    st.button("Save", key="present_save", on_click=_save)
    problem("present")


def _save() -> None:
    """Callback: keep the list for everybody in this workspace."""
    lines = str(st.session_state["present_prompts"]).splitlines()
    if attempt("present", prepare_prompts, services.workspace(), lines) is not None:
        _go(0)

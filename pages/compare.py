"""One prompt, the answers of two to four models beside each other; blind, a choice among them is a vote."""

from __future__ import annotations

import streamlit as st

from pages import compare_history, compare_present, services
from pages.compare_asking import ASKING, SHOWN, address, finish, remember, shown_id, start, stop
from pages.compare_choice import shown_comparison
from pages.compare_form import fill_form, form, open_kept
from pages.compare_panes import stream
from pages.components import attempt, empty_state, header, plain_text, problem
from workbench.chatbot.comparisons import Comparison, find_comparison
from workbench.chatbot.questions import Question, from_link
from workbench.models.registry import LANGUAGE_MODELS, list_models


def page() -> None:
    """Draw the page."""
    models = list_models(services.workspace(), LANGUAGE_MODELS)
    presenting = st.query_params.get("present") == "1" and len(models) > 1
    if presenting:
        compare_present.stage()
    else:
        header(
            "Compare models",
            "compare_arrows",
            "Ask several models the same question and read their answers side by side.",
        )
    if len(models) < 2:
        empty_state(
            "Only the base model so far",
            "Comparing takes two models. Fine-tune one in step 2; it then stands beside the base model here.",
            "compare_arrows",
            ("step2_sft.py", "Go to SFT"),
        )
        return
    _take_link()
    if presenting:
        compare_present.controls(on_ask=start, on_stop=stop)
    else:
        form(models)
    problem("compare")
    _answers()
    if not presenting:
        compare_history.history(on_open=open_kept)


def _take_link() -> None:
    """What the address asks for, taken up once: a kept comparison, or a question that fills the form."""
    link = address()
    if st.session_state.get("compare_link") == link:
        return
    st.session_state["compare_link"] = link
    if "comparison" in link:  # the question that led to it may still be part of the address
        if shown_id() == link["comparison"]:
            return
        found = attempt("compare", find_comparison, services.workspace(), link["comparison"])
        if found is not None:
            open_kept(found)
    elif "q" in link:
        wanted = attempt("compare", from_link, link)
        if wanted is not None:
            fill_form(wanted[0], blind=wanted[1])


def _answers() -> None:
    asking: tuple[Question, bool] | None = st.session_state.get(ASKING)
    if asking is not None:
        asked, blind = asking
        _question(asked.prompt)
        answers = attempt("compare", stream, asked, blind=blind, remember=remember)
        if answers is None:
            st.session_state.pop(ASKING)
            st.rerun()
        with st.spinner("Scoring …"):
            finish(asked, answers, blind=blind)
        st.session_state.pop(ASKING)
        st.rerun()
    shown: Comparison | None = st.session_state.get(SHOWN)
    if shown is not None:
        _question(shown.asked.prompt)
        shown_comparison(shown)


def _question(prompt: str) -> None:
    with st.container(border=True, key="compare_question"):
        plain_text(prompt, "Prompt")


if __name__ == "__main__":
    page()

"""The form of a comparison: models, prompt, how answers are drawn; filled by a link or a kept comparison too."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages import compare_history, compare_present, services
from pages.compare_asking import ASKING, NO_SCORE, show, shown_id, start, stop, telling
from pages.components_forms import model_label
from pages.components_numbers import number_field
from workbench.chatbot.comparisons import Comparison
from workbench.chatbot.questions import MOST_MODELS, Question
from workbench.models.registry import REWARD_MODELS, RegisteredModel, list_models
from workbench.models.streaming import Sampling

HELD_OUT = "A held-out prompt"
OWN = "My own"


def fill_form(asked: Question, *, blind: bool) -> None:
    """Put a question into the form's fields."""
    state = st.session_state
    state["compare_models"] = list(asked.models)
    state["compare_source"] = OWN
    state["compare_prompt"] = asked.prompt
    state["compare_temperature"] = asked.sampling.temperature
    state["compare_top_p"] = asked.sampling.top_p
    state["compare_tokens"] = asked.sampling.max_new_tokens
    state["compare_seed"] = asked.sampling.seed
    state["compare_seeds"] = asked.different_seeds
    state["compare_blind"] = blind


def open_kept(comparison: Comparison) -> None:
    """Show a kept comparison, and its question in the form; before the form is drawn."""
    asked = comparison.asked
    if comparison.blind:  # the order was drawn, and the form must not tell who stands where
        asked = asked.model_copy(update={"models": tuple(sorted(asked.models))})
    fill_form(asked, blind=comparison.blind)
    scorers = {model.id for model in list_models(services.workspace(), REWARD_MODELS)}
    if comparison.scored_by in scorers:
        st.session_state["compare_scorer"] = comparison.scored_by
    show(comparison)


def form(models: Sequence[RegisteredModel]) -> None:
    """The fields, and the buttons that ask, link and present."""
    names = {model.id: model_label(model) for model in models}
    with st.container(border=True):
        st.session_state.setdefault("compare_models", telling())
        st.multiselect(
            "Models",
            list(dict.fromkeys([*names, *st.session_state["compare_models"]])),
            key="compare_models",
            max_selections=MOST_MODELS,
            accept_new_options=True,
            help="Or type a Hugging Face id or the folder of a model.",
            format_func=lambda model_id: names.get(model_id, model_id),
        )
        _prompt()
        with st.expander("How the answers are drawn", icon=":material/tune:"):
            _settings()
        with st.container(horizontal=True, vertical_alignment="center"):
            asking = bool(st.session_state.get(ASKING))
            st.button("Ask", type="primary", icon=":material/send:", key="compare_ask", on_click=_ask, disabled=asking)
            if asking:
                st.button("Stop", icon=":material/stop_circle:", key="compare_stop", on_click=stop)
            st.toggle(
                "Blind",
                key="compare_blind",
                help="Names are hidden and the order is drawn. What you choose then is a vote like any other.",
            )
            with st.popover("Link", icon=":material/link:", type="tertiary"):
                compare_history.link(shown_id())
            st.button(
                "Present",
                icon=":material/present_to_all:",
                key="compare_present",
                type="tertiary",
                on_click=compare_present.begin,
                help="Full screen, large type and prepared prompts, for a room.",
            )


def _settings() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.session_state.setdefault("compare_temperature", 0.0)
        st.session_state.setdefault("compare_top_p", 1.0)
        st.session_state.setdefault("compare_tokens", 96)
        st.session_state.setdefault("compare_seed", 0)
        number_field(
            Sampling.model_fields["temperature"],
            "Temperature",
            step=0.1,
            key="compare_temperature",
            width=150,
            help="0: the likeliest each time.",
        )
        number_field(
            Sampling.model_fields["top_p"],
            "Top p",
            step=0.05,
            key="compare_top_p",
            width=150,
            help="Only the likeliest tokens that together have this probability. Without effect at temperature 0.",
        )
        number_field(
            Sampling.model_fields["max_new_tokens"], "Longest answer (tokens)", step=8, key="compare_tokens", width=190
        )
        number_field(
            Sampling.model_fields["seed"],
            "Seed",
            step=1,
            key="compare_seed",
            width=150,
            help="The same seed, the same answer.",
        )
        reward_models = [model.id for model in list_models(services.workspace(), REWARD_MODELS)]
        if reward_models:
            st.selectbox(
                "Scored by",
                [*reversed(reward_models), NO_SCORE],
                key="compare_scorer",
                width=220,
                help="The reward model whose score stands under each answer.",
            )
    st.checkbox("A seed of its own for each model", key="compare_seeds")


def _prompt() -> None:
    held_out = services.workspace().demonstrations.list(status="approved", split="test", limit=200)
    prompts = list(dict.fromkeys(row.prompt for row in held_out))
    st.session_state.setdefault("compare_source", HELD_OUT if prompts else OWN)
    source = st.segmented_control(
        "Prompt",
        (HELD_OUT, OWN) if prompts else (OWN,),
        key="compare_source",
        required=True,
        help="Held-out prompts are those that no model has learned.",
    )
    if source == OWN:
        st.text_area(
            "Your prompt",
            key="compare_prompt",
            height=80,
            label_visibility="collapsed",
            placeholder="Where is the HR department in Boston?",
        )
    else:
        st.selectbox("Held-out prompt", prompts, key="compare_choice", label_visibility="collapsed")


def _ask() -> None:
    """Callback: begin with what stands in the form."""
    state = st.session_state
    prompt = state.get("compare_prompt" if state["compare_source"] == OWN else "compare_choice") or ""
    start(prompt, blind=bool(state["compare_blind"]))

"""One prompt, the answers of two to four models next to each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages import services
from pages.components import attempt, empty_state, header, plain_text, problem, required
from pages.components_answers import answers_by_model
from pages.components_forms import model_label
from workbench.errors import InvalidInput
from workbench.models.registry import RegisteredModel, find_language_model, list_models

HELD_OUT = "A held-out prompt"
OWN = "My own"
ANSWERS = "compare_answers"
MOST = 4


def page() -> None:
    """Draw the page."""
    header(
        "Compare models", "compare_arrows", "Ask several models the same question and read their answers side by side."
    )
    workspace = services.workspace()
    models = list_models(workspace, ("base", "sft", "ppo"))
    if len(models) < 2:
        empty_state(
            "Only the base model so far",
            "Comparing takes two models. Fine-tune one in step 2; it then stands beside the base model here.",
            "compare_arrows",
            ("step2_sft.py", "Go to SFT"),
        )
        return
    with st.container(border=True):
        _models(models)
        _prompt()
        if _asked():
            st.session_state[ANSWERS] = None
            with st.spinner("The models are answering; the first time they have to be loaded …"):
                st.session_state[ANSWERS] = attempt("compare", _ask)
        problem("compare")
    _answers()


def _models(models: Sequence[RegisteredModel]) -> None:
    names = {model.id: model_label(model) for model in models}
    st.multiselect(
        "Models",
        list(names),
        default=_telling([(model.id, model.kind) for model in models]),
        key="compare_models",
        max_selections=MOST,
        accept_new_options=True,
        help="Or type a Hugging Face id or the folder of a model.",
        format_func=lambda model_id: names.get(model_id, model_id),
    )


def _asked() -> bool:
    """The settings of the answers, and whether the button beside them was just pressed."""
    help_text = "0: the likeliest answer each time."
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("Temperature", 0.0, 2.0, 0.0, 0.1, key="compare_temperature", width=150, help=help_text)
        st.number_input("Longest answer (tokens)", 8, 1024, 96, 8, key="compare_tokens", width=190)
        return st.button("Ask", type="primary", icon=":material/send:", key="compare_ask")


def _prompt() -> None:
    held_out = services.workspace().demonstrations.list(status="approved", split="test", limit=200)
    prompts = list(dict.fromkeys(row.prompt for row in held_out))
    source = st.segmented_control(
        "Prompt",
        (HELD_OUT, OWN) if prompts else (OWN,),
        key="compare_source",
        default=HELD_OUT if prompts else OWN,
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


def _telling(models: list[tuple[str, str]]) -> list[str]:
    """The newest model of each kind: what one most likely wants to see."""
    newest = {kind: model_id for model_id, kind in models}
    return [newest[kind] for kind in ("base", "sft", "ppo") if kind in newest]


def _ask() -> dict[str, Any]:
    state = st.session_state
    own = state["compare_source"] == OWN
    prompt = required(state["compare_prompt" if own else "compare_choice"], "The prompt")
    model_ids = list(state["compare_models"])
    if not 1 <= len(model_ids) <= MOST:
        raise InvalidInput(f"Choose one to {MOST} models.")
    answers = []
    for model_id in model_ids:
        spec = find_language_model(services.workspace(), model_id).spec
        text = services.generator().generate(
            spec,
            [prompt],
            temperature=float(state["compare_temperature"]),
            max_new_tokens=int(state["compare_tokens"]),
        )[0]
        answers.append((model_id, text))
    demonstrations = services.workspace().demonstrations.list(status="approved", search=prompt, limit=20)
    human = next((row.response for row in demonstrations if row.prompt == prompt), None)
    return {"prompt": prompt, "answers": answers, "human": human}


def _answers() -> None:
    shown = st.session_state.get(ANSWERS)
    if not shown:
        return
    with st.container(border=True):
        plain_text(shown["prompt"], "Prompt")
        if shown["human"]:
            plain_text(shown["human"], "Human response")
    answers_by_model(shown["answers"], key="compare_answer")


if __name__ == "__main__":
    page()

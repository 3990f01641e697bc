"""The playground: any prompt and responses, scored and ranked, with what each word contributes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages import services
from pages.components import attempt, empty_state, escaped, plain_text, problem, required
from pages.components_forms import model_choice
from workbench.errors import InvalidInput
from workbench.models.registry import get_model, list_models
from workbench.runs.events import ModelKind

SCORED = "playground_scored"
MOST = 6
STRONG = 0.35
"""A contribution of this many scores is coloured fully."""


def playground() -> None:
    """Draw it."""
    kinds: tuple[ModelKind, ...] = ("reward_model",)
    models = list_models(services.workspace(), kinds)
    if not models:
        empty_state(
            "No reward model to try yet", "Train one under New run; then any response can be scored here.", "scale"
        )
        return
    with st.container(border=True):
        model_choice("Reward model", models, "playground_model")
        st.text_input("Prompt", key="playground_prompt", placeholder="Where is the HR department in Boston?")
        st.text_area(
            "Responses, one per line",
            key="playground_responses",
            height=140,
            placeholder="On the third floor of the Harbor building.\nI am not sure, please ask somebody else.",
            help=f"At most {MOST}.",
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            asked = st.button("Score", type="primary", icon=":material/scale:", key="playground_score")
            st.toggle(
                "Show what each word contributes", value=True, key="playground_explain",
                help="The score with the word minus the score without it. Takes longer for long responses.",
            )  # fmt: skip
        if asked:
            st.session_state[SCORED] = None
            with st.spinner("Scoring; the first time the reward model has to be loaded …"):
                st.session_state[SCORED] = attempt("playground", _score)
        problem("playground")
    _ranked()


def _score() -> dict[str, Any]:
    state = st.session_state
    prompt = required(state["playground_prompt"], "The prompt")
    lines = [line.strip() for line in (state["playground_responses"] or "").splitlines() if line.strip()]
    responses = list(dict.fromkeys(lines))
    if not 1 <= len(responses) <= MOST:
        raise InvalidInput(f"Give one to {MOST} responses, each on a line of its own; there are {len(responses)}.")
    model = get_model(services.workspace(), str(state["playground_model"]))
    scored = services.generator().score_prompt(model.spec, prompt, responses, explain=bool(state["playground_explain"]))
    rows = [{"response": text, **row} for text, row in zip(responses, scored, strict=True)]
    return {"prompt": prompt, "model": model.id, "rows": sorted(rows, key=lambda row: -row["score"])}


def _ranked() -> None:
    shown = st.session_state.get(SCORED)
    if not shown:
        return
    st.caption(f"Scored by {escaped(shown['model'])}. 0 is the mean of the human answers, 1 the spread of responses.")
    plain_text(shown["prompt"], "Prompt")
    for rank, row in enumerate(shown["rows"], start=1):
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{rank}.** &nbsp; score **{row['score']:+.2f}**", width="content")
                if rank > 1 and row["best_preferred"] is not None:
                    st.caption(f"the first would be preferred {_how_often(row['best_preferred'])}")
                if row["disagreement"] is not None:
                    st.caption(f"members disagree by {row['disagreement']:.2f}")
            if row["words"]:
                st.markdown(" ".join(_word(word, value) for word, value in row["words"]))
            else:
                plain_text(row["response"])
    if any(row["words"] for row in shown["rows"]):
        st.caption("Green words raise the score, red ones lower it; strong colour is at least a third of a spread.")


def _how_often(share: float) -> str:
    """A share of votes in words; never all of them, since no reward model is that sure."""
    return "nearly always" if share >= 0.995 else f"in {share:.0%} of votes"


def _word(word: str, value: float) -> str:
    """One word with its colour; escaped, as it may be a model's."""
    text = escaped(word)
    if abs(value) < STRONG / 7:
        return text
    colour = "green" if value > 0 else "red"
    return f":{colour}-background[{text}]" if abs(value) >= STRONG else f":{colour}[{text}]"

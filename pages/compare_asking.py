"""Asking several models one question: begun, stopped, judged and kept; and which comparison is on the page."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence

import streamlit as st

from pages import services
from pages.components import attempt, report
from pages.identity import person
from workbench.chatbot.comparisons import Answer, Comparison, judge, keep
from workbench.chatbot.questions import MOST_MODELS, Question, question
from workbench.errors import InvalidInput
from workbench.models.registry import LANGUAGE_MODELS, REWARD_MODELS, list_models, newest_model

ASKING = "compare_asking"
"""(question, blind) while the models write; a stop leaves what there is under `PARTIAL`."""
PARTIAL = "compare_partial"
SHOWN = "compare_shown"
SHOWN_AT = "compare_shown_at"
NO_SCORE = "No score"


def telling() -> list[str]:
    """The newest model of each kind: what one most likely wants to see."""
    newest = [newest_model(services.workspace(), kind) for kind in LANGUAGE_MODELS]
    return [model.id for model in newest if model is not None][:MOST_MODELS]


def start(prompt: str, *, blind: bool = False) -> None:
    """Callback: ask the chosen models, in the order in which they were chosen, or in a drawn one where it is blind."""
    state = st.session_state
    models = list(state.get("compare_models") or telling())
    if blind:
        if len(models) < 2:
            attempt("compare", _refuse_blind)
            return
        secrets.SystemRandom().shuffle(models)
    sampling = {
        "temperature": state.get("compare_temperature", 0.0),
        "top_p": state.get("compare_top_p", 1.0),
        "max_new_tokens": state.get("compare_tokens", 96),
        "seed": state.get("compare_seed", 0),
    }
    asked = attempt(
        "compare", question, prompt, models, sampling, different_seeds=bool(state.get("compare_seeds", False))
    )
    if asked is not None:
        state[ASKING] = (asked, blind)
        state[PARTIAL] = None
        state[SHOWN] = None


def _refuse_blind() -> None:
    raise InvalidInput("A blind comparison needs at least two models.")


def stop() -> None:
    """Callback: end the writing; what there is stays and is kept."""
    asking = st.session_state.pop(ASKING, None)
    partial = st.session_state.pop(PARTIAL, None)
    if asking and partial and any(answer.text for answer in partial):
        finish(asking[0], partial, blind=asking[1])


def remember(answers: list[Answer]) -> None:
    """Keep what is written so far, for a stop."""
    st.session_state[PARTIAL] = answers


def finish(asked: Question, answers: Sequence[Answer], *, blind: bool) -> None:
    """Score the answers, keep the comparison and show it."""
    ws = services.workspace()
    reward_models = [model.id for model in list_models(ws, REWARD_MODELS)]
    scorer = st.session_state.get("compare_scorer") or (reward_models[-1] if reward_models else NO_SCORE)
    scored_by = None if scorer == NO_SCORE else str(scorer)
    judged, trouble = judge(ws, services.generator(), asked.prompt, answers, scored_by)
    kept = attempt("compare", keep, ws, asked, judged, person=person() or "", blind=blind, scored_by=scored_by)
    if kept is not None:
        show(kept)
    if trouble:
        report("compare_note", trouble)


def show(comparison: Comparison) -> None:
    """Make a comparison the one on the page, its address included."""
    st.session_state[SHOWN] = comparison
    st.session_state[SHOWN_AT] = time.monotonic()
    st.query_params["comparison"] = comparison.id
    st.session_state["compare_link"] = address()


def address() -> dict[str, str]:
    """What the address asks for, whether it is presented or not."""
    return {name: value for name, value in st.query_params.to_dict().items() if name != "present"}


def shown_id() -> str | None:
    """Which comparison is on the page."""
    shown: Comparison | None = st.session_state.get(SHOWN)
    return shown.id if shown else None

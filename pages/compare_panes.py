"""The answers of two to four models beside each other: while they grow, and when they are done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages import services
from pages.components import counted, escaped, plain_text
from pages.palette import model_name
from workbench.chatbot.comparisons import Answer, Comparison, ask, same_weights
from workbench.chatbot.questions import Question

REDRAW_SECONDS = 0.06
"""Redrawing at every token of four models would keep the browser busier than the models."""
LETTERS = "ABCD"
NARROWEST = 220
"""Pixels of a pane."""


def stream(asked: Question, *, blind: bool, remember: Callable[[list[Answer]], None]) -> list[Answer]:
    """Draw the panes and let the answers grow in them; returns them when all are done.

    Args:
        remember: is given the answers so far, before each drawing: a stop ends this script in the middle.

    Raises:
        NotFound, ModelError: as `ask` does.
    """
    places: list[DeltaGenerator] = []
    with _grid(len(asked.models)):
        for place, model in enumerate(asked.models):
            with st.container(border=True, height="stretch", key=f"pane_{place}"):
                _name(model, place, blind=blind)
                places.append(st.empty())
                places[-1].caption("Waiting for its turn; a model that is not in memory yet is loaded first …")
    answers: list[Answer] = []
    drawn = 0.0
    with closing(ask(services.workspace(), services.generator(), asked)) as events:
        for answers in events:
            remember(answers)
            now = time.monotonic()
            if now - drawn >= REDRAW_SECONDS:
                drawn = now
                _redraw(places, answers)
    _redraw(places, answers)
    return answers


def _redraw(places: Sequence[DeltaGenerator], answers: Sequence[Answer]) -> None:
    for place, answer in zip(places, answers, strict=True):
        if answer.text:
            place.text(answer.text if answer.complete else f"{answer.text} ▌", width="stretch")


def panes(comparison: Comparison, *, hidden: bool, extra: Callable[[int], None] | None = None) -> None:
    """The finished answers with what is known of them; names, scores and weights stay out where they are ``hidden``.

    Args:
        extra: draws more at the foot of the pane of that place.
    """
    scores = [f"{answer.score:.2f}" for answer in comparison.answers if answer.score is not None]
    best = max(scores, key=float) if len(scores) > 1 else ""  # a single score is the highest of nothing
    top = "highest" if scores.count(best) == 1 else "highest, shared"
    if not hidden:
        for one, other in same_weights(services.workspace(), comparison.answers):
            st.error(
                f"{escaped(one)} and {escaped(other)} answered with the very same weights, so this compares nothing.",
                icon=":material/error:",
            )
    with _grid(len(comparison.answers)):
        for place, answer in enumerate(comparison.answers):
            with st.container(border=True, height="stretch", key=f"pane_{place}"):
                _name(answer.model, place, blind=hidden, note="" if hidden else _origin(answer))
                _text(answer)
                if not hidden:
                    _judgement(answer, {best: f" · {top}"}, comparison.scored_by)
                if extra is not None:
                    extra(place)


def _grid(number: int) -> DeltaGenerator:
    """So many panes beside each other, in two rows where they would become too narrow to read."""
    return st.grid(number, min_column_width=NARROWEST, gap="small")


def _name(model: str, place: int, *, blind: bool, note: str = "") -> None:
    if blind:
        st.markdown(f"**Answer {LETTERS[place]}**")
    else:
        model_name(model, model, note)


def _origin(answer: Answer) -> str:
    """Which weights answered, and how fast."""
    parts = [f"weights {answer.weights[:10]}" if answer.weights else "weights unknown"]
    if answer.tokens:
        parts.append(counted(answer.tokens, "token").replace(" ", "\u00a0"))
    if answer.seconds:
        parts.append(f"{answer.seconds:.1f}\u00a0s")
    return " · ".join(parts)


def _text(answer: Answer) -> None:
    plain_text(answer.text)
    if answer.error:
        st.error(escaped(answer.error), icon=":material/error:")
    elif not answer.complete:
        st.caption(":material/stop_circle: Stopped before it was done.")


def _judgement(answer: Answer, marks: Mapping[str, str], scored_by: str | None) -> None:
    """Score and nearest demonstration; ``marks`` says more of a score as it is written."""
    if answer.score is not None:
        score = f"{answer.score:.2f}"
        help_text = f"What {escaped(scored_by)} gives it; higher is better."
        st.markdown(f"**Score {score}**{marks.get(score, '')}", help=help_text)
    if answer.nearest is None:
        return
    near = answer.nearest
    with st.container(gap=None):
        st.caption(
            f"Nearest demonstration · similarity {near.likeness:.2f}",
            help="The human response nearest to this answer in meaning, among those to similar prompts; 1 is the same.",
        )
        with st.container(key=f"near_{answer.model}_{near.id}", gap=None):
            st.caption(f"To: {escaped(near.prompt)}")
            st.text(near.response, width="stretch")

"""Time-lapse: the same prompts answered again and again while the policy learns, with a slider over the updates."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages import services
from pages.components import escaped, plain_text
from pages.components_runs import find_run
from pages.rows import Run
from pages.token_text import coloured_tokens, marked_words
from workbench.diagnosis.text_diff import word_diff

VIEWS = ("What changed since SFT", "KL of each token", "Advantage of each token", "Plain text")
LEGENDS = (
    "Green: words that the SFT model's answer has not. Struck out: words that only the SFT model's answer has.",
    "Green: the policy makes this token likelier than the SFT model does; red: less likely. Full colour: 1 nat.",
    "Green: better than the value head expected here, so it becomes likelier; red: worse. Full colour: 2 deviations.",
    "The likeliest answer at that update.",
)
LARGE_KL, LARGE_ADVANTAGE = 1.0, 2.0
"""Values that get the full colour: a factor e in probability; two standard deviations."""


def timelapse_tab(run_id: str) -> None:
    """The slider, and each fixed prompt's answer at that update."""
    run = find_run(run_id)
    steps = services.workspace().samples.fixed_steps(run_id)
    if run is None or not steps:
        st.caption("The first answers to the fixed prompts appear when the run begins.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        step = (
            steps[0]
            if len(steps) == 1
            else st.select_slider("After update", steps, value=steps[-1], key=f"timelapse_{run_id}", width=520)
        )
        view = st.segmented_control(
            "Show", VIEWS, default=VIEWS[0], required=True, key="timelapse_view", label_visibility="collapsed"
        )
    st.caption(LEGENDS[VIEWS.index(str(view))])
    first = _sft_answers(run, _answers(run_id, steps[0]))
    for number, (prompt, sample) in enumerate(_answers(run_id, int(step)).items()):
        with st.container(border=True, gap="xsmall"):
            plain_text(prompt, "Prompt")
            _answer(sample, first.get(prompt), str(view), f"{run_id}_{number}")


def _answers(run_id: str, step: int) -> dict[str, Any]:
    """The answers at one update, by prompt; the first where a run said one twice."""
    found: dict[str, Any] = {}
    for sample in services.workspace().samples.list(run_id, fixed=True, step=step, limit=None):
        found.setdefault(sample.prompt, sample)
    return found


def _sft_answers(run: Run, own: dict[str, Any]) -> dict[str, Any]:
    """The SFT model's answers: those at update 0 of the run, or of the forebear that began with the SFT model."""
    seen = {run.id}
    current: Any = run
    while current.config.get("branch_from"):
        parent = find_run(str(current.config["branch_from"]).partition(":")[0])
        if parent is None or parent.id in seen:
            break
        seen.add(parent.id)
        current = parent
    if current.id == run.id:
        return own
    return own | _answers(current.id, 0)


def _answer(sample: Any, first: Any, view: str, key: str) -> None:
    parts = []
    if sample.score is not None:
        change = ""
        if first is not None and first.score is not None and first is not sample:
            change = f" (SFT {first.score:.2f})"
        parts.append(f"score {sample.score:.2f}{change}")
    if sample.kl is not None:
        parts.append(f"KL {sample.kl:.2f}")
    if sample.length is not None:
        parts.append(f"{sample.length} tokens")
    st.caption(escaped(" · ".join(parts)))
    tokens = sample.tokens
    if view in VIEWS[1:3] and not tokens:
        plain_text(sample.response)
        st.caption("This run did not note the values of single tokens.")
    elif view == VIEWS[1]:
        coloured_tokens(tokens["text"], tokens["kl"], LARGE_KL, "KL", f"kl_{key}")
    elif view == VIEWS[2]:
        coloured_tokens(tokens["text"], tokens["advantage"], LARGE_ADVANTAGE, "advantage", f"advantage_{key}")
    elif view == VIEWS[0] and first is not None:
        marked_words(word_diff(first.response, sample.response), f"diff_{key}")
    else:
        plain_text(sample.response)

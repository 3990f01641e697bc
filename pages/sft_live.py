"""An SFT run while it learns: pause and go on, and what it says to the same prompts as it learns."""

from __future__ import annotations

import streamlit as st

from pages import services
from pages.components import escaped, plain_text, problem
from pages.components_runs import find_run
from pages.components_steering import pause_buttons
from workbench.evaluation.word_diff import word_diff

KEPT = 2000
"""Answers that are read; a run gives three at each of about nine steps."""


def watching(run_id: str) -> None:
    """What stands below the curves of a run."""
    run = find_run(run_id)
    if run is not None and run.status == "running":
        with st.container(horizontal=True, vertical_alignment="center"):
            following = pause_buttons(run)
            if following:
                st.caption(following)
        problem(f"steer_{run_id}")
    answers_as_it_learns(run_id)


def answers_as_it_learns(run_id: str) -> None:
    """The fixed prompts' answers at a step that the person chooses; the newest at first."""
    samples = services.workspace().samples.list(run_id, fixed=True, limit=KEPT)
    if not samples:
        return
    steps = sorted({sample.step for sample in samples})
    st.markdown("**What it says as it learns**")
    chosen = (
        st.select_slider("After step", steps, value=steps[-1], key=f"sft_step_{run_id}") if len(steps) > 1 else steps[0]
    )
    now = {sample.prompt: sample.response for sample in samples if sample.step == chosen}
    human = _human(list(now))
    columns = st.columns(len(now), gap="medium") if now else []
    for column, (prompt, response) in zip(columns, now.items(), strict=True):
        with column, st.container(border=True, height="stretch"):
            plain_text(prompt, "Prompt")
            st.caption("Model")
            st.markdown(_compared(response, human.get(prompt)) or ":gray[(empty)]")
            if prompt in human:
                plain_text(human[prompt], "Human")
    st.caption("Prompts of the validation split, which it never trains on. Blue: not in the human response.")


def _compared(response: str, reference: str | None) -> str:
    if reference is None:
        return escaped(response)
    return " ".join(
        escaped(piece.text) if piece.shared else f":blue[{escaped(piece.text)}]"
        for piece in word_diff(response, reference)
        if piece.text.strip()
    )


@st.cache_data(show_spinner=False, ttl=60, max_entries=16)
def _responses(prompts: tuple[str, ...], root: str) -> dict[str, str]:
    del root
    wanted = set(prompts)
    rows = services.workspace().demonstrations.list(status="approved", split="validation")
    return {row.prompt: row.response for row in rows if row.prompt in wanted}


def _human(prompts: list[str]) -> dict[str, str]:
    return _responses(tuple(prompts), str(services.workspace().root))

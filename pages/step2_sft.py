"""Step 2: fine-tune a base model on the demonstrations, and see what that changed."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages import services
from pages.components import empty_state, header
from pages.components_answers import headline, no_answers
from pages.components_runs import curves, find_run, live_run, pick_run, run_card
from pages.metric_words import SFT_CHARTS
from pages.rows import Run
from pages.sft_answers import answers
from pages.sft_columns import columns_of, rows_of
from pages.sft_live import answers_as_it_learns, watching
from pages.sft_new import new_run
from pages.sft_outcome import outcome
from pages.sft_quadrant import quadrant
from pages.sft_runs import clone_button, compare_runs, repeat_command

PARTS = ("Runs and results", "New run", "Compare runs")
Draw = Callable[[str, tuple[str, ...]], None]
"""Draws the answers of a run and of others beside it."""
VIEWS = ("Measures", "Quadrant", "Side by side", "How it learned")


def page() -> None:
    """Draw the page."""
    header("SFT", "school", "Supervised fine-tuning: the base model learns to answer as your demonstrations do.")
    ready = services.workspace().demonstrations.count(status="approved", split="train")
    newest = newest_run()
    if newest is None and not ready:
        empty_state(
            "SFT needs demonstrations",
            "The model learns from prompts with ideal responses. Add some in step 1; a few hundred make a good start.",
            "school",
            ("step1_demonstrations.py", "Go to demonstrations"),
        )
        return
    st.session_state.setdefault("sft_part", PARTS[0] if newest else PARTS[1])
    results, new, compare = st.tabs(PARTS, key="sft_part", on_change="rerun")
    if results.open:
        with results:
            _results(newest)
    if new.open:
        with new:
            new_run(ready)
    if compare.open:
        with compare:
            compare_runs()


def newest_run() -> str | None:
    """The newest SFT run, None before the first."""
    runs = services.workspace().runs.list(kind="sft", limit=1)
    return runs[0].id if runs else None


def _results(newest: str | None) -> None:
    run_id = pick_run("sft", "sft_run") if newest else None
    if run_id is None:
        empty_state(
            "No SFT run yet",
            "Start one under New run. While it runs you see the loss fall; at the end its answers stand beside "
            "the human ones.",
            "school",
        )
        return
    run = find_run(run_id)
    if run is None or run.status != "finished":
        live_run(run_id, SFT_CHARTS, watching)
    else:
        _finished(run)


def _finished(run: Run) -> None:
    run_card(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        clone_button(run.id, "sft_results")
        beside = _beside(run.id)
    measures, plane, side_by_side, learning = st.tabs(VIEWS, key="sft_view", on_change="rerun")
    for place, draw in ((measures, _measures), (plane, _quadrant), (side_by_side, _side_by_side)):
        if place.open:
            with place:
                _compared(run, draw, beside)
    if learning.open:
        with learning:
            curves(run.id, SFT_CHARTS)
            answers_as_it_learns(run.id)
            repeat_command(run.id)


def _beside(run_id: str) -> tuple[str, ...]:
    """Other finished runs that the person wants to see beside this one."""
    runs = services.workspace().runs.list(kind="sft")
    others = [other.id for other in runs if other.status == "finished" and other.id != run_id]
    if not others:
        return ()
    chosen = st.multiselect(
        "Other SFT runs beside it",
        others,
        key=f"sft_others_{run_id}",
        persist_state="session",
        placeholder="Other SFT runs beside it",
        label_visibility="collapsed",
        width=420,
    )
    return tuple(chosen)


def _compared(run: Run, draw: Draw, beside: tuple[str, ...]) -> None:
    """Draw the answers, where there are any."""
    if not services.workspace().answers.list(run_id=run.id, limit=1):
        no_answers()
        return
    draw(run.id, beside)


def _measures(run_id: str, others: tuple[str, ...]) -> None:
    columns = columns_of(run_id, others)
    if len(columns) > 1:
        before, after = columns[:2]
        headline(run_id, ((before.model_id, before.label), (after.model_id, after.label)))
    outcome(columns, f"sft_{run_id}")


def _quadrant(run_id: str, others: tuple[str, ...]) -> None:
    quadrant(rows_of(columns_of(run_id, others)), f"sft_{run_id}")


def _side_by_side(run_id: str, others: tuple[str, ...]) -> None:
    columns = columns_of(run_id, others)
    answers(columns, rows_of(columns), f"answers_{run_id}")


if __name__ == "__main__":
    page()

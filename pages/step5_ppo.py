"""Step 4: PPO moves the model towards responses that score higher; started, watched, steered and judged here."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages import ppo_data, services
from pages.components import empty_state, header
from pages.components_runs import find_run, run_label
from pages.ppo_curves import curves_tab
from pages.ppo_doctor import doctor_tab
from pages.ppo_frontier import frontier_tab
from pages.ppo_launch import new_run
from pages.ppo_live import live_top
from pages.ppo_steer import steer_tab
from pages.ppo_timelapse import timelapse_tab
from pages.ppo_verdict import verdict_tab
from pages.rows import Run
from workbench.models.registry import list_models

PARTS = ("Runs and results", "New run")
View = Callable[[str], None]


def page() -> None:
    """Draw the page."""
    header(
        "PPO",
        "trending_up",
        "The model answers, the reward model scores, and PPO makes high scores likelier. It runs by itself.",
    )
    reward_models = list_models(services.workspace(), ["reward_model"])
    runs = ppo_data.tuning_runs()
    if not runs and not reward_models:
        empty_state(
            "PPO needs a reward model",
            "Something has to score the model's responses. Train a reward model on votes in step 3b first.",
            "trending_up",
            ("step4_reward_model.py", "Go to the reward model"),
        )
        return
    st.session_state.setdefault("ppo_part", PARTS[0] if runs else PARTS[1])
    results, new = st.tabs(PARTS, key="ppo_part", on_change="rerun")
    if results.open:
        with results:
            _results([run.id for run in runs])
    if new.open:
        with new:
            new_run()


def _results(ids: list[str]) -> None:
    if not ids:
        empty_state("No PPO run yet", "Start one under New run.", "trending_up")
        return
    if st.session_state.get("ppo_run") not in ids:
        st.session_state["ppo_run"] = ids[0]
    run_id = str(st.session_state["ppo_run"])
    if len(ids) > 1:
        run_id = st.selectbox(
            "Run",
            ids,
            key="ppo_run",
            format_func=run_label,
            persist_state="session",
            label_visibility="collapsed",
            width=420,
        )
    live_top(run_id)
    run = find_run(run_id)
    if run is not None:
        _views(run)


def _views(run: Run) -> None:
    """The parts of a run; only the open one is drawn."""
    views: dict[str, View] = {"Curves": curves_tab, "Doctor": doctor_tab, "Time-lapse": timelapse_tab}
    views["Frontier"] = frontier_tab
    if run.kind == "ppo":
        views["Steer"] = steer_tab
    worth: dict[str, View] = {"Was it worth it?": verdict_tab}
    ended = run.status == "finished"
    views = worth | views if ended else views | worth
    tabs = st.tabs(list(views), key=f"ppo_view_{run.kind}_{'after' if ended else 'during'}", on_change="rerun")
    for tab, draw in zip(tabs, views.values(), strict=True):
        if tab.open:
            with tab:
                draw(run.id)


if __name__ == "__main__":
    page()

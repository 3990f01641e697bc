"""Steering a PPO run while it goes on, going back to a checkpoint, and the family of branched runs."""

from __future__ import annotations

import time

import pandas as pd
import streamlit as st

from pages import ppo_data, services
from pages.components import escaped, problem
from pages.components_charts import show_figure
from pages.components_numbers import number_field
from pages.components_runs import REFRESH_SECONDS, find_run, status_word, stop_run
from pages.components_steering import pause_buttons, steer
from pages.metric_words import METRICS, written
from pages.ppo_branching import branch
from pages.ppo_charts_runs import changes_in_words, family_tree
from pages.rows import Run
from workbench.ppo.config import PPOConfig
from workbench.runs.family import family
from workbench.runs.steering import Control

STEERED = {"kl_coef": "objective/kl_coef", "learning_rate": "learning_rate"}
"""Settings that can be changed while a run goes on, and the metric that shows each."""
BRANCHED = {"kl_coef": "KL coefficient", "learning_rate": "Learning rate", "total_episodes": "Episodes"}


def steer_tab(run_id: str) -> None:
    """What can be done with the run, and what has been."""
    run = find_run(run_id)
    if run is None:
        return
    if run.status == "running":
        _steering(run)
    else:
        st.caption("Only a run that goes on can be steered. From its checkpoints a new run can branch off.")
    _branching(run)
    _family(run)


def _steering(run: Run) -> None:
    with st.container(border=True):
        st.markdown("**Steer it while it goes on**")
        # The run may pause itself on an alarm, and somebody else may steer it too.
        st.fragment(_actions, run_every=REFRESH_SECONDS)(run.id)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            latest = services.workspace().metrics.latest(run.id)
            for name, metric in STEERED.items():
                now = latest.get(metric)
                number_field(
                    Control.model_fields[name],
                    METRICS[metric].title,
                    value=None,
                    format="%.5f",
                    placeholder=f"now {now:.3g}" if now is not None else f"{run.config['ppo'][name]:g} at the start",
                    key=f"steer_{name}_{run.id}",
                    width=190,
                    help="The peak of its schedule." if name == "learning_rate" else None,
                )
            key = f"steer_apply_{run.id}"
            st.button("Apply", icon=":material/check:", key=key, on_click=_apply_settings, args=(run.id,))
        st.caption("It follows at its next update. Every change is a dotted line on the curves and a note on its card.")
        problem(f"steered_{run.id}")


def _actions(run_id: str) -> None:
    """The buttons that fit what the run does now."""
    run = find_run(run_id)
    if run is None or run.status != "running":
        st.rerun()
    with st.container(horizontal=True):
        following = pause_buttons(run)
        st.button(
            "Checkpoint now",
            icon=":material/save:",
            key=f"steer_Checkpoint now_{run.id}",
            on_click=_checkpoint,
            args=(run.id,),
            disabled=run.phase == "paused",
            help="To go back to later, or to branch from. A pause has written one.",
        )
        st.button(
            "Stop",
            icon=":material/stop_circle:",
            key=f"steer_Stop_{run.id}",
            on_click=stop_run,
            args=(run.id,),
            help="Writes a checkpoint and leaves; the run can be resumed.",
        )
    if following:
        st.caption(following)
    problem(f"steer_{run.id}")


def _checkpoint(run_id: str) -> None:
    """Callback: each wish for a checkpoint is a new one, so it carries the time."""
    steer(f"steer_{run_id}", run_id, {"checkpoint": time.time()})


def _apply_settings(run_id: str) -> None:
    """Callback: the settings that were filled in."""
    values = {name: st.session_state.get(f"steer_{name}_{run_id}") for name in STEERED}
    wish = {name: value for name, value in values.items() if value is not None}
    if wish:
        steer(f"steered_{run_id}", run_id, wish)


def _branching(run: Run) -> None:
    steps = ppo_data.checkpoints(run)
    with st.container(border=True):
        st.markdown("**Go back to a checkpoint and branch**")
        if not steps:
            st.caption("It has no checkpoint yet.")
            return
        best = run.summary.get("best_step")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            step = st.selectbox(
                "After update",
                list(reversed(steps)),
                key=f"branch_step_{run.id}",
                width=170,
                format_func=lambda s: f"{s} (best)" if s == best else str(s),
            )
            for name in BRANCHED:
                old = run.config["ppo"][name]
                whole = isinstance(old, int)
                number_field(
                    PPOConfig.model_fields[name],
                    BRANCHED[name],
                    value=None,
                    placeholder=f"{old:g}",
                    key=f"branch_{name}_{run.id}",
                    width=170,
                    format="%d" if whole else "%.5f",
                    step=64 if whole else None,
                )
            st.button(
                "Branch",
                icon=":material/fork_right:",
                key=f"branch_go_{run.id}",
                on_click=_branch,
                args=(run.id, int(step)),
            )
        st.caption("A new run takes over weights and optimiser; schedule, prompts and what is left empty are as here.")
        problem(f"branch_{run.id}")


def _branch(run_id: str, step: int) -> None:
    """Callback: start the branch with what was filled in."""
    values = {name: st.session_state.get(f"branch_{name}_{run_id}") for name in BRANCHED}
    branch(f"branch_{run_id}", run_id, step, {name: value for name, value in values.items() if value is not None})


def _family(run: Run) -> None:
    runs = services.workspace().runs.list(kind="ppo")
    newest = {other.id: max(ppo_data.checkpoints(other), default=0) for other in runs}
    relatives = family(runs, run.id, newest)
    if len(relatives) < 2:
        return
    with st.container(border=True):
        st.markdown("**The family of branched runs**")
        show_figure(family_tree(relatives, run.id), key="ppo_family", alt="Runs that branched off one another")
        rows = [
            {
                "Run": "\u2003" * relative.depth + ("└ " if relative.depth else "") + relative.run.id,
                "State": status_word(relative.run),
                "Branched off": f"{relative.parent_id}, update {relative.branched_at}"
                if relative.parent_id
                else "SFT model",
                "Changed": ", ".join(changes_in_words(relative.changed)) or "–",
                "Score": written(METRICS["objective/scores"], relative.run.summary.get("score_after")),
                "KL, nats": written(METRICS["objective/kl"], relative.run.summary.get("kl")),
            }
            for relative in relatives
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="The family as a table", key="ppo_family_table")
        others = [relative.run.id for relative in relatives if relative.run.id != run.id]
        with st.container(horizontal=True):
            for other in others[:6]:
                st.button(
                    f"Show {escaped(other)}", key=f"family_{other}", on_click=_show, args=(other,), type="tertiary"
                )


def _show(run_id: str) -> None:
    """Callback: look at another member."""
    st.session_state["ppo_run"] = run_id

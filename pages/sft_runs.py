"""SFT runs beside each other: settings that differ, curves on one chart, measures with their differences."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages import services
from pages.components import empty_state, escaped
from pages.components_charts import show_figure
from pages.components_runs import find_run, run_label
from pages.metric_words import METRICS
from pages.palette import model_colour, model_dash
from pages.sft_columns import Who
from pages.sft_new import clone
from pages.sft_outcome import outcome
from workbench.sft.config import SFTConfig

CURVES = ("train/loss", "eval/loss", "train/learning_rate", "train/grad_norm", "train/tokens_per_second")
MOST = 4


def compare_runs() -> None:
    """Two to four runs that the person chooses."""
    runs = [run.id for run in services.workspace().runs.list(kind="sft")]
    if len(runs) < 2:
        empty_state(
            "Two runs to compare",
            "With a second SFT run, its settings, curves and answers stand beside the first one's here.",
            "compare_arrows",
        )
        return
    chosen = st.multiselect(
        "Runs", runs, default=runs[:2][::-1], key="sft_compared", format_func=run_label, max_selections=MOST
    )
    if len(chosen) < 2:
        st.caption("Choose at least two.")
        return
    _settings(chosen)
    _curves(chosen)
    _measures(chosen)


def clone_button(run_id: str, key: str) -> None:
    """A button that fills the form of a new run with this run's settings."""
    st.button(
        "New run with these settings",
        icon=":material/content_copy:",
        key=f"{key}_clone_{run_id}",
        on_click=_clone,
        args=(run_id,),
    )


def repeat_command(run_id: str) -> None:
    """How to repeat a run without the browser."""
    root = services.workspace().root
    config = root / "runs" / run_id / "config.json"
    with st.expander("Repeat this run from a terminal", icon=":material/terminal:"):
        command = f"workbench sft --workspace {shlex.quote(str(root))} --config {shlex.quote(str(config))}"
        st.code(command, language=None, wrap_lines=True)
        st.caption("The same settings and seed, on the demonstrations as they are now.")


def _clone(run_id: str) -> None:
    """Callback: to the form, filled."""
    run = find_run(run_id)
    if run is not None:
        clone(run.config)
        st.session_state["sft_part"] = "New run"


def _settings(chosen: Sequence[str]) -> None:
    # Runs of an earlier version lack the settings that came later; what they did then is the default now.
    usual = SFTConfig().model_dump(mode="json")
    configs = {run_id: usual | (run.config if (run := find_run(run_id)) else {}) for run_id in chosen}
    names = list(dict.fromkeys(name for config in configs.values() for name in config))
    table = [
        {"Setting": name, **{escaped(run_id): escaped(_said(config.get(name))) for run_id, config in configs.items()}}
        for name in names
        if len({_said(config.get(name)) for config in configs.values()}) > 1
    ]
    st.markdown("**Settings that differ**")
    if table:
        st.table(pd.DataFrame(table), border="horizontal", hide_index=True, width="content")
    else:
        st.caption("None: they differ by their data alone, if at all.")
    with st.container(horizontal=True):
        for run_id in chosen:
            st.button(
                f"New run with the settings of {run_id}",
                key=f"sft_compare_clone_{run_id}",
                icon=":material/content_copy:",
                type="tertiary",
                on_click=_clone,
                args=(run_id,),
            )


def _said(value: Any) -> str:
    return "not set" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _curves(chosen: Sequence[str]) -> None:
    import plotly.graph_objects as go

    st.markdown("**Curves**")
    frames = {run_id: services.workspace().metrics.series(run_id, CURVES, max_points=300) for run_id in chosen}
    known = [name for name in CURVES if any((frame["name"] == name).any() for frame in frames.values())]
    if not known:
        st.caption("None of them has said a number yet.")
        return
    with st.grid(2, min_column_width=330, gap="small"):
        for name in known:
            figure = go.Figure()
            for run_id, frame in frames.items():
                rows = frame[frame["name"] == name]
                line = {"color": model_colour(run_id), "dash": model_dash(run_id), "width": 2}
                figure.add_scatter(x=rows["step"], y=rows["value"], name=run_id, line=line)
            figure.update_layout(
                height=230,
                margin={"l": 8, "r": 8, "t": 30, "b": 8},
                legend={"orientation": "h", "y": 1.2},
                hovermode="x unified",
            )
            with st.container(border=True, gap="xsmall"):
                st.markdown(f"**{METRICS[name].title}**")
                show_figure(figure, key=f"sft_curve_{name}", alt=f"{METRICS[name].title} by step and run")


def _measures(chosen: Sequence[str]) -> None:
    st.markdown("**Answers**")
    finished = [run_id for run_id in chosen if (run := find_run(run_id)) and run.status == "finished"]
    answered = [r for r in finished if any(row.model_id == r for row in services.workspace().answers.list(run_id=r))]
    if len(answered) < 2:
        st.caption("Answers are compared once two of these runs have finished.")
        return
    outcome([Who(run_id, run_id, run_id) for run_id in answered], "sft_compared")

"""Two to four runs beside each other: what differs in their settings and outcomes, and their curves in one chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages import services
from pages.components_charts import show_figure
from pages.metric_words import METRICS
from pages.palette import model_colour, model_dash
from workbench.runs.comparing import differences

MOST = 4


def comparison(ids: Sequence[str]) -> None:
    """A picker over the runs that match, and the comparison of those picked."""
    chosen = st.multiselect(
        "Runs to compare", list(ids), key="runs_compared", max_selections=MOST, placeholder="Choose two to four runs"
    )
    if len(chosen) < 2:
        st.caption("Choose at least two. Runs of one kind compare best.")
        return
    runs = [services.workspace().runs.get(run_id) for run_id in chosen]
    left, right = st.columns(2, gap="medium")
    with left:
        _table("Settings that differ", chosen, differences(runs))
    with right:
        _table("Outcomes that differ", chosen, differences(runs, outcome=True))
    _curves(chosen)


def _table(title: str, ids: Sequence[str], rows: dict[str, tuple[Any, ...]]) -> None:
    with st.container(border=True):
        st.markdown(f"**{title}**")
        if not rows:
            st.caption("None: they are the same.")
            return
        columns = {"": list(rows)} | {
            run_id: [_cell(values[place]) for values in rows.values()] for place, run_id in enumerate(ids)
        }
        st.dataframe(columns, hide_index=True, height="content" if len(rows) <= 10 else 380, alt=title)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _curves(ids: Sequence[str]) -> None:
    frames = {run_id: services.workspace().metrics.series(run_id, max_points=300) for run_id in ids}
    shared = [name for name in METRICS if sum((frame["name"] == name).any() for frame in frames.values()) > 1]
    if not shared:
        st.caption("These runs have no curve in common.")
        return
    import plotly.graph_objects as go

    name = str(st.selectbox("Curve", shared, key="runs_curve", format_func=lambda n: METRICS[n].title, width=300))
    figure = go.Figure()
    for run_id, frame in frames.items():
        rows = frame[frame["name"] == name]
        if len(rows):
            figure.add_scatter(
                x=rows["step"],
                y=rows["value"],
                name=run_id,
                mode="lines",
                line={"color": model_colour(run_id), "dash": model_dash(run_id), "width": 2},
            )
    figure.update_layout(height=320, margin={"l": 8, "r": 8, "t": 8, "b": 8}, hovermode="x unified")
    figure.update_xaxes(title="Step", automargin=True)
    figure.update_yaxes(automargin=True)
    show_figure(figure, key="runs_curves", alt=f"{METRICS[name].title} of {', '.join(ids)} by step")
    st.caption(METRICS[name].meaning)

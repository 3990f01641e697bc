"""Whether more votes are worth it: reward-model accuracy against decided pairs, and where the curve seems to go."""

from __future__ import annotations

import streamlit as st

from pages import services
from pages.components_charts import colours, show_figure
from workbench.preferences.learning_curve import Outlook, outlook, points_of_runs
from workbench.reward_model.config import VoteSource


def how_many_more(source: VoteSource) -> None:
    """The curve with its doubt, and a recommendation; filled by the reward models of step 3b."""
    st.markdown("**Are more votes worth it?**")
    found = outlook(points_of_runs(services.workspace(), source))
    if found is None:
        st.caption(
            "That can be said once reward models have learned from two different numbers of pairs. Train one in step "
            "3b now, and another when there are more votes: their accuracy on held-out pairs shows how far it goes."
        )
        return
    _chart(found)
    st.markdown(advice(found))


def advice(found: Outlook) -> str:
    """The recommendation, with its doubt."""
    now = found.points[-1].pairs
    low, high = found.gain_ci
    said = (
        f"From {now:,} to {2 * now:,} decided pairs the reward model would gain about "
        f"**{100 * found.gain:.1f} points** of accuracy (95%: {100 * low:.1f} to {100 * high:.1f}). "
    )
    if found.advice == "go on":
        return said + "**Go on voting**: that is worth it."
    if found.advice == "stop":
        return said + "**More votes would hardly help**: look at disagreements and at the responses instead."
    return said + "Whether that is worth it **cannot be told yet**."


def _chart(found: Outlook) -> None:
    import plotly.graph_objects as go

    line, dots, *_ = colours()
    numbers = [point.pairs for point in found.curve]
    figure = go.Figure()
    for name, values, fill in (
        ("high", [point.high for point in found.curve], None),
        ("low", [point.low for point in found.curve], "tonexty"),
    ):
        figure.add_scatter(
            x=numbers, y=values, name=name, mode="lines", line={"width": 0}, fill=fill, opacity=0.3,
            fillcolor="rgba(100,116,139,0.22)", showlegend=False, hoverinfo="skip",
        )  # fmt: skip
    expected = [point.accuracy for point in found.curve]
    figure.add_scatter(x=numbers, y=expected, name="expected", mode="lines", line={"color": line, "width": 2})
    figure.add_scatter(
        x=[point.pairs for point in found.points],
        y=[point.accuracy for point in found.points],
        name="measured",
        mode="markers",
        marker={"color": dots, "size": 9},
    )
    figure.update_layout(
        height=240,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        uirevision="still",
    )
    last = found.points[-1].pairs
    ticks = sorted({found.points[0].pairs, last, 2 * last, 4 * last})
    figure.update_xaxes(title="decided pairs it learned from", type="log", tickvals=ticks, ticktext=ticks)
    figure.update_yaxes(title="right on held-out pairs", tickformat=".0%")
    show_figure(figure, key="preferences_outlook", alt="Accuracy against decided pairs")

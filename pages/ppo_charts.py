"""Figures of the PPO page over the updates: curves of one run or several, reward as score less penalty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from pages.components_charts import colours
from pages.metric_words import METRICS
from pages.palette import model_colour
from pages.ppo_data import Measured

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure


X_TITLE = {"text": "update", "font": {"size": 11}, "standoff": 2}
DASHES = ("solid", "dot", "dash", "dashdot")


@dataclass(frozen=True, slots=True)
class Style:
    """How curves are drawn."""

    smoothing: float = 0.0
    """0 is as measured; near 1 each point is mostly its forebears (exponential moving average)."""
    log: bool = False
    height: int = 200


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that a person or the alarm did at an update."""

    step: int
    words: str


def smooth(values: pd.Series, weight: float) -> pd.Series:
    """Exponential moving average, corrected for its beginning (as in Adam), so that the first value stands."""
    return values.ewm(alpha=1 - weight, adjust=True).mean() if weight > 0 else values


def curves(runs: Mapping[str, Measured], names: Sequence[str], style: Style, marks: Sequence[Mark] = ()) -> Figure:
    """One chart: each run in its colour, each further metric with its dashes; one hover for all at an update."""
    percent = METRICS[names[0]].format.endswith("%")
    figure = blank_figure(
        style.height,
        {"title": X_TITLE},
        {
            "type": "log" if style.log else "linear",
            "tickformat": ".1~%" if percent else None,
            "rangemode": "nonnegative" if percent and not style.log else "normal",
        },
    )
    several = len(runs) > 1
    for run_id, measured in runs.items():
        for number, name in enumerate(names):
            rows = measured[name]
            if rows.empty:
                continue
            title = METRICS[name].title
            label = f"{run_id} · {title}" if several and len(names) > 1 else run_id if several else title
            colour = model_colour(run_id)
            sparse = len(rows) < 3
            if style.smoothing > 0 and len(rows) > 2:
                _line(figure, rows["step"], rows["value"], label, colour, METRICS[name].format, faint=True)
            _line(
                figure,
                rows["step"],
                smooth(rows["value"], style.smoothing),
                label,
                colour,
                METRICS[name].format,
                dash=DASHES[number % len(DASHES)],
                markers=sparse,
            )
    _marks(figure, marks)
    figure.update_layout(showlegend=sum(trace.showlegend is not False for trace in figure.data) > 1)
    return figure


def reward_picture(measured: Measured, style: Style, marks: Sequence[Mark] = ()) -> Figure:
    """Reward = score − KL penalty: the reward below, the penalty on top of it, their sum the score."""
    figure = blank_figure(style.height + 60, {"title": X_TITLE})
    reward, score = measured["objective/rlhf_reward"], measured["objective/scores"]
    kept, cost, *_ = colours()
    low, high = smooth(reward["value"], style.smoothing), smooth(score["value"], style.smoothing)
    _line(figure, reward["step"], low, "Reward, what PPO maximises", kept, ".2f")
    figure.data[-1].update(fill="tozeroy", fillcolor=_see_through(kept))
    _line(figure, score["step"], high, "Score, what the reward model gives", cost, ".2f")
    figure.data[-1].update(fill="tonexty", fillcolor=_see_through(cost))
    _marks(figure, marks)
    return figure


def blank_figure(height: int, xaxis: Mapping[str, Any] | None = None, yaxis: Mapping[str, Any] | None = None) -> Figure:
    """An empty figure of so many pixels in height, in the style of the page but for what is said of the axes."""
    import plotly.graph_objects as go

    # The layout in one piece: each `update_` call takes Plotly milliseconds, and a page has many figures.
    return go.Figure(
        layout={
            "height": height,
            "margin": {"l": 8, "r": 8, "t": 6, "b": 4},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 11}},
            "hovermode": "x unified",
            # Zoom and hidden lines survive the next refresh.
            "uirevision": "live",
            "xaxis": {"nticks": 6, "showgrid": False, "tickfont": {"size": 11}, "automargin": True, **(xaxis or {})},
            "yaxis": {"nticks": 5, "tickfont": {"size": 11}, "automargin": True, **(yaxis or {})},
        }
    )


def _line(
    figure: Figure,
    x: pd.Series,
    y: pd.Series,
    label: str,
    colour: str,
    form: str,
    *,
    faint: bool = False,
    dash: str = "solid",
    markers: bool = False,
) -> None:
    hover: dict[str, Any] = (
        {"hoverinfo": "skip"} if faint else {"hovertemplate": f"%{{y:{form}}}<extra>{escape(label)}</extra>"}
    )
    figure.add_scatter(
        x=x.to_numpy(),
        y=y.to_numpy(),
        name=escape(label),
        mode="lines+markers" if markers else "lines",
        line={"color": colour, "width": 1 if faint else 2, "dash": dash},
        opacity=0.3 if faint else 1.0,
        showlegend=not faint,
        **hover,
    )


def _marks(figure: Figure, marks: Sequence[Mark]) -> None:
    """A thin line at each update where somebody intervened; its words appear on hover at the axis."""
    if not marks or not figure.data:
        return
    figure.update_layout(
        shapes=[
            {
                "type": "line",
                "x0": mark.step,
                "x1": mark.step,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": "#94a3b8", "width": 1, "dash": "dot"},
                "label": {
                    "text": escape(mark.words),
                    "textposition": "end",
                    "font": {"size": 10},
                    "textangle": -90,
                    "xanchor": "right",
                },
            }
            for mark in marks
        ]
    )


def _see_through(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.25)"

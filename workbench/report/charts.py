"""Curves of the report. They are drawn by Plotly, which lies in the file itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.colours import line_colours, model_colour

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

HEIGHT = 240


def curves(frame: pd.DataFrame, names: Sequence[tuple[str, str]], title: str) -> str:
    """One chart of several metrics over steps, as an HTML fragment; empty where the run has none of them.

    Args:
        frame: rows of step, name, value.
        names: (metric, how it is called).
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for (name, label), colour in zip(names, line_colours(), strict=False):
        rows = frame[frame["name"] == name]
        if len(rows):
            figure.add_scatter(
                x=rows["step"].tolist(), y=rows["value"].tolist(), name=label, mode="lines", line={"color": colour}
            )
    return _fragment(figure, title) if figure.data else ""


def bars(values: Sequence[tuple[str, float, float | None, float | None]], title: str, *, percent: bool) -> str:
    """One bar for each model with its interval: (model, value, low, high)."""
    import plotly.graph_objects as go

    if not values:
        return ""
    figure = go.Figure()
    figure.add_bar(
        x=[model for model, *_ in values],
        y=[value for _, value, *_ in values],
        marker_color=[model_colour(model) for model, *_ in values],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [max(high - value, 0) if high is not None else 0 for _, value, _, high in values],
            "arrayminus": [max(value - low, 0) if low is not None else 0 for _, value, low, _ in values],
            "color": "#334155",
        },
        width=0.5,
    )
    figure.update_yaxes(tickformat=".0%" if percent else None, rangemode="tozero")
    return _fragment(figure, title)


def _fragment(figure: Figure, title: str) -> str:
    figure.update_layout(
        template="plotly_white",
        title={"text": title, "font": {"size": 14}},
        height=HEIGHT,
        margin={"l": 48, "r": 12, "t": 40, "b": 32},
        legend={"orientation": "h", "y": -0.2},
        font={"family": "system-ui, sans-serif", "color": "#17211f"},
    )
    return str(
        figure.to_html(full_html=False, include_plotlyjs=False, config={"displayModeBar": False, "responsive": True})
    )

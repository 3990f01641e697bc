"""Figures of the PPO page: curves of several runs, reward as score less penalty, the frontier, the family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from pages.components_charts import colours
from pages.metric_words import METRICS
from pages.palette import model_colour
from pages.ppo_data import one

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from workbench.diagnosis.frontier import BestOfN, PathPoint
    from workbench.runs.family import Relative

DASHES = ("solid", "dot", "dash", "dashdot")
FEW_POINTS = 12
"""A path of so many evaluations has the updates written beside its points."""


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


def curves(
    frames: Mapping[str, pd.DataFrame], names: Sequence[str], style: Style, marks: Sequence[Mark] = ()
) -> Figure:
    """One chart: each run in its colour, each further metric with its dashes; one hover for all at an update."""
    figure = _figure(style.height)
    several = len(frames) > 1
    palette = colours()
    for run_id, frame in frames.items():
        for number, name in enumerate(names):
            rows = one(frame, name)
            if rows.empty:
                continue
            title = METRICS[name].title
            label = f"{run_id} · {title}" if several and len(names) > 1 else run_id if several else title
            colour = model_colour(run_id) if several else palette[number % len(palette)]
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
                dash=DASHES[number % len(DASHES)] if several else "solid",
                markers=sparse,
            )
    _marks(figure, marks)
    figure.update_layout(showlegend=sum(trace.showlegend is not False for trace in figure.data) > 1)
    percent = METRICS[names[0]].format.endswith("%")
    figure.update_yaxes(type="log" if style.log else "linear", tickformat=".1~%" if percent else None)
    return figure


def reward_picture(frame: pd.DataFrame, style: Style, marks: Sequence[Mark] = ()) -> Figure:
    """Reward = score − KL penalty: the reward below, the penalty on top of it, their sum the score."""
    figure = _figure(style.height + 60)
    reward, score = one(frame, "objective/rlhf_reward"), one(frame, "objective/scores")
    kept, cost, *_ = colours()
    low, high = smooth(reward["value"], style.smoothing), smooth(score["value"], style.smoothing)
    _line(figure, reward["step"], low, "Reward, what PPO maximises", kept, ".2f")
    figure.data[-1].update(fill="tozeroy", fillcolor=_see_through(kept))
    _line(figure, score["step"], high, "Score, what the reward model gives", cost, ".2f")
    figure.data[-1].update(fill="tonexty", fillcolor=_see_through(cost))
    _marks(figure, marks)
    return figure


def frontier(
    paths: Mapping[str, Sequence[PathPoint]], best: Sequence[BestOfN], measure: str, turning: PathPoint | None
) -> Figure:
    """Score or similarity against KL: each run as a path from the SFT model's point, best-of-n as a curve."""
    figure = _figure(340)
    palette = colours()
    for run_id, path in paths.items():
        points = [point for point in path if getattr(point, measure) is not None]
        if not points:
            continue
        figure.add_scatter(
            x=[point.kl for point in points],
            y=[getattr(point, measure) for point in points],
            name=run_id,
            mode="lines+markers+text" if len(points) <= FEW_POINTS else "lines+markers",
            line={"color": model_colour(run_id), "width": 2},
            marker={"size": [11 if i == len(points) - 1 else 6 for i in range(len(points))]},
            text=[str(point.step) for point in points],
            textposition="top center",
            customdata=["the SFT model" if point.step == 0 else f"update {point.step}" for point in points],
            hovertemplate="%{customdata}<br>KL %{x:.2f}<br>%{y:.3f}<extra>" + escape(run_id) + "</extra>",
        )
        if points[0].step == 0:
            _star(figure, points[0].kl, getattr(points[0], measure), "SFT model", "#64748b")
    if best and any(getattr(row, measure) is not None for row in best):
        _best_of_n(figure, [row for row in best if getattr(row, measure) is not None], measure, palette[-1])
    if turning is not None and getattr(turning, measure) is not None:
        _star(figure, turning.kl, getattr(turning, measure), "last before the turn", "#dc2626")
    title = "Score (validation)" if measure == "score" else "Likeness to the human answers"
    figure.update_layout(hovermode="closest", showlegend=True, uirevision="still")
    figure.update_xaxes(title="KL to the SFT model, nats per response", dtick=None, nticks=8)
    figure.update_yaxes(title=title)
    return figure


def _best_of_n(figure: Figure, rows: Sequence[BestOfN], measure: str, colour: str) -> None:
    intervals = [row.score_ci if measure == "score" else row.similarity_ci for row in rows]
    values = [getattr(row, measure) for row in rows]
    bars = None
    if all(interval is not None for interval in intervals):
        bars = {
            "array": [max(high - value, 0) for (_, high), value in zip(intervals, values, strict=True)],  # type: ignore[misc]
            "arrayminus": [max(value - low, 0) for (low, _), value in zip(intervals, values, strict=True)],  # type: ignore[misc]
            "thickness": 1,
        }
    figure.add_scatter(
        x=[row.kl for row in rows],
        y=values,
        name="best of n (no training)",
        mode="lines+markers",
        line={"color": colour, "dash": "dash"},
        text=[f"best of {row.n}" for row in rows],
        error_y=bars,
        hovertemplate="%{text}<br>KL %{x:.2f}<br>%{y:.3f}<extra></extra>",
    )


def _star(figure: Figure, x: float, y: float, label: str, colour: str) -> None:
    if label in {trace.name for trace in figure.data}:
        return
    figure.add_scatter(
        x=[x],
        y=[y],
        name=label,
        mode="markers",
        marker={"symbol": "star", "size": 14, "color": colour},
        hovertemplate=f"{label}<br>KL %{{x:.2f}}<br>%{{y:.3f}}<extra></extra>",
    )


def family_tree(relatives: Sequence[Relative], chosen: str) -> Figure:
    """Each run as a line over its updates since the SFT model, hanging on the run that it branched off."""
    rows = {relative.run.id: -index for index, relative in enumerate(relatives)}
    figure = _figure(70 + 46 * len(relatives))
    palette = colours()
    for relative in relatives:
        y, start = rows[relative.run.id], relative.begins_at
        done = max(float(relative.run.summary.get("updates") or relative.run.done or 0), 0.6)
        if relative.parent_id is not None:
            figure.add_scatter(
                x=[start, start],
                y=[rows[relative.parent_id], y],
                mode="lines",
                hoverinfo="skip",
                line={"color": "#94a3b8", "width": 1.5},
                showlegend=False,
            )
        changes = "<br>".join(
            escape(f"{name}: {old} → {new}") for name, (old, new) in list(relative.changed.items())[:8]
        )
        colour = palette[0] if relative.run.id == chosen else palette[3]
        figure.add_scatter(
            x=[start, start + done],
            y=[y, y],
            mode="lines+markers+text",
            showlegend=False,
            line={"color": colour, "width": 4},
            marker={"size": [7, 11]},
            text=["", escape(relative.run.id)],
            textposition="middle right",
            cliponaxis=False,
            hovertemplate=f"{escape(relative.run.id)}, {relative.run.status}<br>{changes or 'from the SFT model'}"
            "<extra></extra>",
        )
    figure.update_layout(hovermode="closest", uirevision="still", margin={"l": 8, "r": 90, "t": 6, "b": 30})
    figure.update_xaxes(title="Updates since the SFT model", dtick=None, rangemode="tozero")
    figure.update_yaxes(visible=False)
    return figure


def candidates_chart(rows: Sequence[Mapping[str, Any]], name: str) -> Figure:
    """Each candidate's value as a dot with its interval; the SFT model's value as a line through all."""
    figure = _figure(70 + 30 * len(rows))
    palette = colours()
    for row in rows:
        low, high = row[f"{name}_ci"] or (row[name], row[name])
        figure.add_scatter(
            x=[row[name]],
            y=[escape(str(row["label"]))],
            mode="markers",
            marker={"size": 10, "color": model_colour(str(row["model"]))},
            error_x={"array": [high - row[name]], "arrayminus": [row[name] - low], "thickness": 2},
            hovertemplate=f"%{{y}}<br>%{{x:.2f}} ({low:.2f} – {high:.2f})<extra></extra>",
            showlegend=False,
        )
    sft = next((row[name] for row in rows if row["role"] == "sft"), None)
    if sft is not None:
        figure.add_vline(x=sft, line={"color": palette[3], "dash": "dot", "width": 1})
    figure.update_layout(hovermode="closest", uirevision="still")
    figure.update_yaxes(autorange="reversed", nticks=None, type="category")
    figure.update_xaxes(tickformat=".0%" if name == "win_rate" else None)
    return figure


def _figure(height: int) -> Figure:
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 6, "b": 4},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 11}},
        hovermode="x unified",
        # Zoom and hidden lines survive the next refresh.
        uirevision="live",
    )
    figure.update_xaxes(title=None, nticks=6, showgrid=False, tickfont={"size": 11}, automargin=True)
    figure.update_yaxes(title=None, nticks=5, tickfont={"size": 11}, automargin=True)
    return figure


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

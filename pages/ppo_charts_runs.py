"""Figures of the PPO page that hold whole runs against each other: the frontier, the family, the candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from pages.components_charts import colours
from pages.components_forms import setting_label, setting_value
from pages.components_runs import status_word
from pages.palette import model_colour
from pages.ppo_charts import blank_figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from workbench.diagnosis.frontier import BestOfN, PathPoint
    from workbench.runs.family import Relative

FEW_POINTS = 12
"""A path of so many evaluations has the updates written beside its points."""
MOST_CHANGES = 8


def changes_in_words(changed: Mapping[str, tuple[Any, Any]]) -> list[str]:
    """Settings that a branch has otherwise than its parent, as a person calls them."""
    return [
        f"{setting_label(name)}: {setting_value(old)} → {setting_value(new)}" for name, (old, new) in changed.items()
    ]


def frontier(
    paths: Mapping[str, Sequence[PathPoint]], best: Sequence[BestOfN], measure: str, turning: PathPoint | None
) -> Figure:
    """Score or similarity against KL: each run as a path from the SFT model's point, best-of-n as a curve."""
    figure = blank_figure(340)
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
    figure.update_xaxes(title="KL to SFT, nats per response", dtick=None, nticks=8)
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
    """Each run as a line in its colour over its updates since the SFT model, hanging on the run that it branched off.

    The chosen one is drawn thick.
    """
    rows = {relative.run.id: -index for index, relative in enumerate(relatives)}
    figure = blank_figure(70 + 46 * len(relatives))
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
        changes = "<br>".join(escape(change) for change in changes_in_words(relative.changed)[:MOST_CHANGES])
        figure.add_scatter(
            x=[start, start + done],
            y=[y, y],
            mode="lines+markers+text",
            showlegend=False,
            line={"color": model_colour(relative.run.id), "width": 7 if relative.run.id == chosen else 3},
            marker={"size": [7, 11]},
            text=["", escape(relative.run.id)],
            textposition="middle right",
            cliponaxis=False,
            hovertemplate=f"{escape(relative.run.id)}, {status_word(relative.run)}<br>"
            f"{changes or 'from the SFT model'}<extra></extra>",
        )
    figure.update_layout(hovermode="closest", uirevision="still", margin={"l": 8, "r": 90, "t": 6, "b": 30})
    figure.update_xaxes(title="Updates since the SFT model", dtick=None, rangemode="tozero")
    figure.update_yaxes(visible=False)
    return figure


def candidates_chart(rows: Sequence[Mapping[str, Any]], name: str) -> Figure:
    """Each candidate's value as a dot with its interval; the SFT model's value as a line through all."""
    figure = blank_figure(70 + 30 * len(rows))
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

"""Figures of the reward model's card."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from pages.components_charts import colours, show_figure
from pages.reward_model_words import BASELINE_NAMES, PROBE_NAMES
from workbench.reward_model.bias import Effect
from workbench.reward_model.calibration import Calibration
from workbench.reward_model.card import Card
from workbench.reward_model.evaluation import Slice

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

STANDING_COLOURS = {"fine": "#64748b", "watch": "#d97706", "bad": "#dc2626"}
BAR = 26


def accuracy_chart(card: Card, key: str) -> None:
    """The model beside every cheap rule, and the ceiling as a line."""
    import plotly.graph_objects as go

    ours, other, *_ = colours()
    rows = [("This reward model", card.accuracy, card.accuracy_ci, ours)]
    rows += [(BASELINE_NAMES[row.name], row.accuracy, row.accuracy_ci, other) for row in card.baselines]
    if card.ceiling.annotator is not None and card.ceiling.annotator_ci is not None:
        rows.append(("Another annotator", card.ceiling.annotator, card.ceiling.annotator_ci, "#64748b"))
    rows.reverse()
    figure = go.Figure()
    figure.add_bar(
        y=[name for name, *_ in rows],
        x=[value for _, value, *_ in rows],
        orientation="h",
        marker={"color": [colour for *_, colour in rows]},
        error_x=_whiskers([(value, interval) for _, value, interval, _ in rows]),
        text=[f"{value:.0%}" for _, value, *_ in rows],
        textposition="inside",
        insidetextanchor="start",
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
    if card.ceiling.accuracy is not None:
        figure.add_vline(x=card.ceiling.accuracy, line={"dash": "dash", "color": "#64748b"})
        figure.add_annotation(
            x=card.ceiling.accuracy, y=1.0, yref="paper", yanchor="bottom", showarrow=False,
            text=f"ceiling {card.ceiling.accuracy:.0%}", font={"size": 11}, xanchor="right",
        )  # fmt: skip
    figure.add_vline(x=0.5, line={"dash": "dot", "color": "#94a3b8"})
    figure.update_xaxes(range=[0, 1.01], tickformat=".0%", title="right on held-out pairs")
    _draw(figure, key, "Accuracy beside cheap rules", 70 + BAR * 1.5 * len(rows))


def reliability_chart(calibration: Calibration, key: str) -> None:
    """How sure it is against how often it is right; a true confidence lies on the diagonal."""
    import plotly.graph_objects as go

    after, before, *_ = colours()
    figure = go.Figure()
    figure.add_scatter(
        x=[0.5, 1], y=[0.5, 1], mode="lines", line={"dash": "dot", "color": "#94a3b8"}, name="as sure as right",
        hoverinfo="skip",
    )  # fmt: skip
    for name, points, colour in (
        ("before scaling", calibration.unscaled, before),
        ("scaled", calibration.scaled, after),
    ):
        figure.add_scatter(
            x=[point.confidence for point in points],
            y=[point.right for point in points],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2, "dash": "dot" if name == "before scaling" else "solid"},
            marker={"size": [6 + min(point.pairs, 80) / 8 for point in points]},
            error_y=_whiskers([(point.right, point.right_ci) for point in points]) if name == "scaled" else None,
            customdata=[point.pairs for point in points],
            hovertemplate="sure %{x:.0%}, right %{y:.0%}, %{customdata} pairs<extra></extra>",
        )
    figure.update_xaxes(title="how sure it is", tickformat=".0%", range=[0.48, 1.02])
    figure.update_yaxes(title="how often it is right", tickformat=".0%", range=[0, 1.05])
    _draw(figure, key, "Reliability diagram", 320, legend=True)


def margins_chart(margins: Sequence[float], key: str) -> None:
    """The distribution of score differences; what lies left of zero was chosen wrongly."""
    import plotly.graph_objects as go

    right, wrong, *_ = colours()
    figure = go.Figure()
    low, high = min([*margins, 0.0]), max([*margins, 0.0])
    size = max((high - low) / 24, 1e-6)
    bins = {"start": -size * 60, "end": size * 60, "size": size}
    for name, values, colour in (
        ("right", [m for m in margins if m > 0], right),
        ("wrong", [m for m in margins if m <= 0], wrong),
    ):
        figure.add_histogram(x=values, name=name, marker={"color": colour}, xbins=bins)
    figure.update_layout(barmode="overlay", bargap=0.06)
    figure.update_xaxes(title="score: chosen − rejected", range=[low - size, high + size])
    figure.update_yaxes(title="pairs")
    _draw(figure, key, "Distribution of margins", 320, legend=True)


def effects_chart(effects: Sequence[Effect], key: str) -> None:
    """What each change does to the score."""
    import plotly.graph_objects as go

    rows = list(reversed(effects))
    figure = go.Figure()
    figure.add_scatter(
        y=[PROBE_NAMES[row.name] for row in rows],
        x=[row.effect for row in rows],
        mode="markers",
        marker={"size": 11, "color": [STANDING_COLOURS[row.standing] for row in rows]},
        error_x=_whiskers([(row.effect, row.effect_ci) for row in rows]),
        hovertemplate="%{y}: %{x:+.2f} spreads<extra></extra>",
    )
    figure.add_vline(x=0, line={"dash": "dot", "color": "#94a3b8"})
    figure.update_xaxes(title="change of the score, in spreads of the scores", zeroline=False)
    _draw(figure, key, "Effects of the bias probes", 80 + BAR * len(rows))


def slices_chart(slices: Sequence[Slice], whole: float, key: str) -> None:
    """Accuracy of parts of the held-out pairs, with the whole as a line."""
    import plotly.graph_objects as go

    rows = sorted(slices, key=lambda row: row.name, reverse=True)
    colour, *_ = colours()
    figure = go.Figure()
    figure.add_scatter(
        y=[f"{escape(row.name.split(' · ')[-1])[:40]} · {row.pairs}" for row in rows],
        x=[row.accuracy for row in rows],
        mode="markers",
        marker={"size": 10, "color": colour},
        error_x=_whiskers([(row.accuracy, row.accuracy_ci) for row in rows]),
        hovertemplate="%{y} pairs: %{x:.0%}<extra></extra>",
    )
    figure.add_vline(x=whole, line={"dash": "dash", "color": "#64748b"})
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%", title="right (dashed: all pairs)")
    _draw(figure, key, "Accuracy by part", 80 + BAR * len(rows))


def _whiskers(rows: Sequence[tuple[float, tuple[float, float]]]) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(high - value, 0.0) for value, (_, high) in rows],
        "arrayminus": [max(value - low, 0.0) for value, (low, _) in rows],
        "thickness": 1.4,
        "color": "#64748b",
    }


def _draw(figure: Figure, key: str, alt: str, height: float, legend: bool = False) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 36 if legend else 22, "b": 8},
        showlegend=legend,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        uirevision="still",
    )
    figure.update_yaxes(automargin=True)
    show_figure(figure, key=key, alt=alt)

"""Plotly figures. All text that people or models wrote is escaped: Plotly reads a little HTML in hover texts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.metric_words import METRICS, MetricWords, written
from pages.palette import line_colours, model_colour, text_colour

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

CONFIG: dict[str, Any] = {"displayModeBar": False, "responsive": True}


def colours() -> tuple[str, ...]:
    """The line colours that suit the theme in use, for curves that belong to no model."""
    return line_colours()


def show_figure(figure: Figure, key: str, alt: str, **options: Any) -> None:
    """Draw a figure with its words in a colour that can be read.

    Streamlit writes the words at axes and in drawings in a grey of 3.7:1 on white; WCAG 2.2 (1.4.3) asks for 4.5:1.

    Args:
        alt: what it shows, for those who do not see it.
        options: more that ``st.plotly_chart`` takes, such as ``on_select``.
    """
    words = text_colour()
    figure.update_layout(font={"color": words})
    figure.update_annotations(font={"color": words})
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(tickfont={"color": words}, title={"font": {"color": words}})
    st.plotly_chart(figure, **({"config": CONFIG} | options), key=key, alt=alt)


def metric_cards(frame: pd.DataFrame, charts: Sequence[tuple[str, ...]], key: str, columns: int = 3) -> None:
    """One card per chart: what it shows, its newest value, the line, what it means.

    Args:
        frame: rows of step, name, value.
        charts: the metrics drawn together in each card, the leading one first.
    """
    height = 170 if columns > 2 else 230
    with st.grid(columns, min_column_width=270, gap="small"):
        for names in charts:
            words = METRICS[names[0]]
            with st.container(border=True, gap="xsmall"):
                last = frame.loc[frame["name"] == names[0], "value"]
                value = float(last.iloc[-1]) if len(last) else None
                with st.container(horizontal=True, horizontal_alignment="distribute"):
                    st.markdown(f"**{words.title}**", width="content")
                    st.markdown(f"**{written(words, value)}**", width="content")
                figure = _lines(frame, names, height)
                show_figure(figure, key=f"{key}_{names[0]}", alt=f"{words.title} by step")
                st.caption(words.meaning)


def _lines(frame: pd.DataFrame, names: Sequence[str], height: int) -> Figure:
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, colour in zip(names, colours(), strict=False):
        rows = frame[frame["name"] == name]
        if rows.empty:
            continue
        figure.add_scatter(
            x=rows["step"],
            y=rows["value"],
            name=METRICS[name].title,
            mode="lines+markers" if len(rows) < 3 else "lines",
            line={"color": colour, "width": 2},
            hovertemplate=f"%{{y:{METRICS[name].format}}}<extra>{METRICS[name].title}</extra>",
        )
    drawn = len(figure.data)
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 6, "b": 4},
        showlegend=drawn > 1,
        legend={"orientation": "h", "y": 1.18, "x": 0, "font": {"size": 11}},
        hovermode="x unified",
        # Zoom and hidden lines survive the next refresh.
        uirevision="live",
    )
    last = int(frame["step"].max()) if len(frame) else 1
    # Steps are whole numbers, and so are the ticks of a run that has only a few.
    figure.update_xaxes(dtick=1 if last <= 6 else None)
    figure.update_xaxes(title=None, nticks=5, showgrid=False, tickfont={"size": 11}, automargin=True)
    figure.update_yaxes(
        title=None, nticks=4, tickformat=_ticks(METRICS[names[0]]), tickfont={"size": 11}, automargin=True
    )
    return figure


def _ticks(words: MetricWords) -> str | None:
    """Percentages keep their sign on the axis; other numbers are left to Plotly."""
    return ".1~%" if words.format.endswith("%") else None


def answers_scatter(frame: pd.DataFrame, models: Sequence[tuple[str, str]], key: str) -> None:
    """Each held-out prompt as a dot: overlap of wording across, closeness in meaning up.

    Args:
        frame: rows of model_id, prompt, bleu, embedding_similarity.
        models: (model id, how it is called), the earlier model first.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for model_id, label in models:
        rows = frame[frame["model_id"] == model_id].dropna(subset=["bleu", "embedding_similarity"])
        figure.add_scatter(
            x=rows["bleu"],
            y=rows["embedding_similarity"],
            name=label,
            mode="markers",
            marker={"color": model_colour(model_id), "size": 8, "opacity": 0.65},
            text=[escape(prompt[:90]) for prompt in rows["prompt"]],
            hovertemplate="%{text}<br>BLEU %{x:.0f} · similarity %{y:.2f}<extra></extra>",
        )
    figure.update_layout(
        height=330,
        margin={"l": 8, "r": 8, "t": 44, "b": 8},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="closest",
        uirevision="still",
    )
    figure.update_xaxes(title="BLEU: same words as the human answer", range=[-3, 103])
    figure.update_yaxes(title="Embedding similarity: same meaning")
    show_figure(figure, key=key, alt="BLEU against embedding similarity for each held-out prompt")

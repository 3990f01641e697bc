"""The plane of BLEU and embedding similarity: copy, paraphrase, near-copy with a changed fact, wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from pages.components import escaped
from pages.components_charts import colours, show_figure
from pages.sft_outcome import held_out_words
from workbench.evaluation.comparing import Answered, corner_of_row
from workbench.evaluation.fact_differences import fact_differences
from workbench.evaluation.quadrant import CORNERS, SAME_MEANING, SAME_WORDS, Corner

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

NAMES: dict[Corner, str] = {
    "copy": "Copy",
    "paraphrase": "Paraphrase",
    "near_copy": "Near-copy with a changed fact",
    "wrong": "Wrong",
}
MEANINGS: dict[Corner, str] = {
    "copy": "the human words, the human meaning",
    "paraphrase": "other words, the same meaning",
    "near_copy": "the human words with another number, name, date or place: the dangerous one, as it reads well",
    "wrong": "other words, another meaning",
}


def quadrant(rows: dict[str, list[Answered]], key: str) -> None:
    """The plane for one model at a time, and how many answers lie in each corner."""
    labels = list(rows)
    start = next((i for i, label in enumerate(labels) if label.startswith("After SFT")), 0)
    label = str(st.selectbox("Answers of", labels, index=start, key=f"{key}_who", width=320))
    answers = [row for row in rows[label] if corner_of_row(row) is not None]
    if not answers:
        st.info("BLEU or embedding similarity could not be computed for these answers.", icon=":material/info:")
        return
    left, right = st.columns([1.35, 1], gap="large")
    with left:
        figure = _figure(answers)
        show_figure(figure, key=f"{key}_plane", alt="BLEU against embedding similarity by prompt")
        st.caption(f"One mark per prompt: {held_out_words(answers)}. Hover to read it.")
    with right:
        _counts(answers)


def _figure(answers: Sequence[Answered]) -> Figure:
    import plotly.graph_objects as go

    marks = {"copy": ("circle", 0), "paraphrase": ("circle", 2), "near_copy": ("diamond", 1), "wrong": ("x", 3)}
    palette = colours()
    figure = go.Figure()
    for corner in CORNERS:
        rows = [row for row in answers if corner_of_row(row) == corner]
        symbol, colour = marks[corner]
        figure.add_scatter(
            x=[row.measures["bleu"] for row in rows],
            y=[row.measures["embedding_similarity"] for row in rows],
            name=f"{NAMES[corner]} ({len(rows)})",
            mode="markers",
            marker={"color": palette[colour % len(palette)], "symbol": symbol, "size": 9, "opacity": 0.75},
            text=[_hover(row) for row in rows],
            hovertemplate="%{text}<extra></extra>",
        )
    figure.add_vline(x=SAME_WORDS, line={"dash": "dot", "width": 1})
    figure.add_hline(y=SAME_MEANING, line={"dash": "dot", "width": 1})
    low = min(min(float(row.measures["embedding_similarity"] or 0) for row in answers), 0.2)
    for corner, x, y, anchor in (
        ("paraphrase", 1, 1.02, "left"),
        ("copy", 99, 1.02, "right"),
        ("wrong", 1, low - 0.03, "left"),
        ("near_copy", 99, low - 0.03, "right"),
    ):
        name = NAMES[corner].replace(" with", "<br>with")
        figure.add_annotation(x=x, y=y, text=f"<b>{name}</b>", showarrow=False, xanchor=anchor)
    figure.update_layout(
        height=430,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": -0.18, "x": 0},
        hovermode="closest",
        uirevision="still",
    )
    figure.update_xaxes(title="BLEU: the same words as the human response", range=[-4, 104])
    figure.update_yaxes(title="Embedding similarity: the same meaning", range=[low - 0.08, 1.07])
    return figure


def _hover(row: Answered) -> str:
    found = fact_differences(row.response, row.reference, row.prompt)
    lines = [row.prompt[:90], f"human: {row.reference[:110]}", f"model: {row.response[:110]}"]
    if found.foreign:
        lines.append("says instead: " + ", ".join(fact.text for fact in found.foreign[:6]))
    if found.missing:
        lines.append("leaves out: " + ", ".join(fact.text for fact in found.missing[:6]))
    return "<br>".join(escape(line) for line in lines)


def _counts(answers: Sequence[Answered]) -> None:
    corners = Counter(corner_of_row(row) for row in answers)
    differ = Counter(
        corner_of_row(row) for row in answers if fact_differences(row.response, row.reference, row.prompt).foreign
    )
    table: list[dict[str, Any]] = [
        {
            "Corner": NAMES[corner],
            "Answers": f"{corners[corner]} ({corners[corner] / len(answers):.0%})",
            "Other facts": str(differ[corner]),
        }
        for corner in CORNERS
    ]
    st.table(pd.DataFrame(table), border="horizontal", hide_index=True)
    for corner in CORNERS:
        st.caption(f"**{NAMES[corner]}**: {escaped(MEANINGS[corner])}.")
    st.caption(
        f"Lines: BLEU {SAME_WORDS:.0f}, similarity {SAME_MEANING}. Similarity hardly moves with one number, so facts "
        "are compared as well: an answer in the human words with a differing fact is a near-copy, wherever it lies."
    )

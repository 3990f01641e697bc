"""Looking all demonstrations through: what contradicts, repeats, leaks or should not be there, and what is covered."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.express as px
import streamlit as st

from pages import demonstrations_bulk, services
from pages.components import counted, escaped, plain_text, problem, problems_shown
from pages.components_charts import show_figure
from pages.components_forms import model_label
from pages.demonstrations_bulk import CHOSEN
from pages.demonstrations_drafts import LANGUAGE_MODELS
from workbench.demonstrations.flags import TOO_LONG_TOKENS
from workbench.demonstrations.likeness import NEAR
from workbench.demonstrations.quality import MAX_ROWS, Review, coverage, review
from workbench.models.registry import get_model, list_models

HELD = "demonstrations_review"
SHOWN = 25
SVG_POINTS = 5000
"""Up to so many points the map is drawn without WebGL: a hint then comes in 0.1 s, a row as fast as with 1,300."""
COLOURS = {"Tag": "tag", "Source": "source", "Split": "split", "Status": "status"}
VIEWS = ("Different answers", "Near-duplicates", "Leaks", "To look at", "Map", "Coverage")


def review_part() -> None:
    """The Review part of the page."""
    problem("review")
    threshold = _settings()
    if st.session_state.pop("review_asked", False):
        with problems_shown():
            st.session_state[HELD] = _review(threshold)
    found: Review | None = st.session_state.get(HELD)
    if found is None:
        st.caption(
            "Looks for contradictions, repetitions, held-out questions that leak into training, and personal data. "
            f"Embeds each prompt once: about a minute for ten thousand. At most {MAX_ROWS:,} rows are looked at."
        )
        return
    demonstrations_bulk.undo()
    sizes = (len(found.conflicts), len(found.near), len(found.leaks), len(found.flagged), None, None)
    labels = [name if size is None else f"{name} ({size:,})" for name, size in zip(VIEWS, sizes, strict=True)]
    chosen = st.segmented_control(
        "What was found", labels, default=labels[0], key="review_view", label_visibility="collapsed"
    )
    view = labels.index(chosen) if chosen in labels else 0
    (_conflicts, _near, _leaks, _flagged, _map, _coverage)[view](found)


def _settings() -> float:
    """From which likeness on prompts are near-duplicates, whose tokens count, and the button."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        threshold: float = st.slider(
            "Near-duplicate from this likeness on",
            0.70,
            0.99,
            NEAR,
            0.01,
            key="review_threshold",
            width=320,
            help="Cosine of the prompts' embeddings. Pairs that differ in a name or number are left out.",
        )
        known = {model.id: model for model in list_models(services.workspace(), LANGUAGE_MODELS)}
        if known:
            st.selectbox(
                "Count tokens as",
                list(known),
                key="review_model",
                width=220,
                format_func=lambda id: model_label(known[id]),
                help=f"More than {TOO_LONG_TOKENS} tokens are called too long: SFT cuts there unless told otherwise.",
            )
        st.button("Look through", type="primary", icon=":material/fact_check:", key="review_start", on_click=_ask)
    return threshold


def _ask() -> None:
    st.session_state["review_asked"] = True


def _review(threshold: float) -> Review:
    bar = st.progress(0.0, "Embedding prompts")

    def progress(done: int, total: int) -> None:
        bar.progress(done / total, f"Embedding prompts: {done:,} of {total:,}")

    try:
        chosen = st.session_state.get("review_model")
        spec = get_model(services.workspace(), chosen).spec if chosen else None
        return review(services.workspace(), threshold=threshold, model=spec, on_progress=progress)
    finally:
        bar.empty()


def _conflicts(found: Review) -> None:
    st.caption("The same question, answered differently. Reject what is wrong; both may stay if both are right.")
    for group in found.conflicts[:SHOWN]:
        _side_by_side(group)
    _none_or_more(found.conflicts, "No question has two answers.")


def _near(found: Review) -> None:
    st.caption("Questions that mean nearly the same. Link them if they word one fact; delete one if it adds nothing.")
    for pair in found.near[:SHOWN]:
        _side_by_side([pair.first, pair.second], f"likeness {pair.likeness:.2f}", link=True)
    _none_or_more(found.near, "No two questions mean nearly the same.")


def _leaks(found: Review) -> None:
    st.caption(
        "One of the two trains and the other is held out: a model may repeat what it has read. Link them if they word "
        "one fact (the held-out one then counts as an unseen wording), or reject one."
    )
    for pair in found.leaks[:SHOWN]:
        _side_by_side([pair.first, pair.second], f"likeness {pair.likeness:.2f}", link=True)
    _none_or_more(found.leaks, "Nothing that is held out is nearly the same as something that trains.")


def _flagged(found: Review) -> None:
    lengths = "counted by the model's own tokenizer" if found.counted else "estimated from characters"
    st.caption(
        f"Personal data, secrets, boilerplate, too long or too short: hints, not verdicts. Lengths are {lengths}."
    )
    frame = pd.DataFrame(
        {
            "Why": [", ".join(mark.kind for mark in marks) for _, marks in found.flagged],
            "Found": [", ".join(mark.found for mark in marks) for _, marks in found.flagged],
            "Prompt": [row.prompt for row, _ in found.flagged],
            "Response": [row.response for row, _ in found.flagged],
        }
    )
    if frame.empty:
        st.success("Nothing to look at.", icon=":material/check_circle:")
        return
    ids = [row.id for row, _ in found.flagged]
    st.dataframe(
        frame,
        hide_index=True,
        key="review_flagged",
        on_select=lambda: _open_row([ids[at] for at in st.session_state["review_flagged"].selection.rows]),
        selection_mode="single-row",
        alt="Demonstrations to look at, with the reason",
    )
    _opened()


def _map(found: Review) -> None:
    by = COLOURS[st.segmented_control("Colour by", list(COLOURS), default="Tag", key="review_colour") or "Tag"]
    frame = pd.DataFrame(
        {
            "x": [x for _, x, _ in found.points],
            "y": [y for _, _, y in found.points],
            "id": [row.id for row, _, _ in found.points],
            "prompt": [_short(row.prompt) for row, _, _ in found.points],
            by: [_colour(row, by) for row, _, _ in found.points],
        }
    )
    # Left to itself, Plotly asks for WebGL from a thousand points on; a browser without it shows a grey box.
    drawn = "svg" if len(frame) <= SVG_POINTS else "webgl"
    figure = px.scatter(
        frame, x="x", y="y", color=by, hover_name="prompt", custom_data=["id"], height=520, render_mode=drawn
    )
    figure.update_traces(marker={"size": 7, "opacity": 0.75}, hovertemplate="%{hovertext}<extra></extra>")
    figure.update_layout(
        xaxis={"visible": False}, yaxis={"visible": False}, margin={"l": 0, "r": 0, "t": 0, "b": 0}, legend_title=None
    )
    show_figure(
        figure,
        key="review_map",
        alt=f"Map of {len(frame)} demonstrations by meaning",
        on_select=_point,
        selection_mode="points",
    )
    st.caption("Each point is a question; those that mean the like lie near one another. Click one to read it.")
    _opened()


def _point() -> None:
    """Callback: open the row of the point that was clicked."""
    points = st.session_state["review_map"].selection.points
    _open_row(
        [
            str(point["customdata"]["0"] if isinstance(point["customdata"], dict) else point["customdata"][0])
            for point in points
        ]
    )


def _coverage(found: Review) -> None:
    rows = [row for row, _, _ in found.points]
    left, right = st.columns(2)
    for place, by in ((left, "tag"), (right, "source")):
        with place:
            st.markdown(f"**By {by}**")
            table = pd.DataFrame(coverage(rows, by)).rename(columns=str.capitalize)
            st.dataframe(table, hide_index=True, alt=f"Demonstrations by {by}")


def _side_by_side(rows: list[Any], note: str = "", *, link: bool = False) -> None:
    """Rows beside one another, each with what can be done about it."""
    key = "_".join(row.id for row in rows)
    with st.container(border=True):
        for place, row in zip(st.columns(min(len(rows), 3)), rows[:3], strict=True):
            with place:
                plain_text(row.prompt, "Prompt")
                plain_text(row.response, "Response")
                st.caption(
                    f"{row.split} · {row.status} · by {escaped(row.author)} · {escaped(row.source or 'no source')}"
                )
                st.button(
                    "Reject", icon=":material/block:", key=f"review_reject_{key}_{row.id}",
                    on_click=demonstrations_bulk.change, args=([row.id],), kwargs={"status": "rejected"},
                    disabled=row.status == "rejected",
                )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center"):
            if note:
                st.caption(note)
            if link:
                st.button(
                    "Link as wordings of one fact", icon=":material/link:", key=f"review_link_{key}",
                    on_click=demonstrations_bulk.link, args=([row.id for row in rows],),
                )  # fmt: skip


def _open_row(ids: list[str]) -> None:
    st.session_state[CHOSEN] = ids[0] if ids else None


def _opened() -> None:
    """The row that was chosen on the map or in the list."""
    chosen = st.session_state.get(CHOSEN)
    for row in services.workspace().demonstrations.of_ids([chosen]) if chosen else []:
        with st.container(border=True):
            plain_text(row.prompt, "Prompt")
            plain_text(row.response, "Response")
            st.caption(
                f"{row.split} · {row.status} · {escaped(row.source or 'no source')}. Browse opens it for changes."
            )


def _none_or_more(found: list[Any], nothing: str) -> None:
    if not found:
        st.success(nothing, icon=":material/check_circle:")
    elif len(found) > SHOWN:
        st.caption(
            f"The first {SHOWN} of {counted(len(found), 'case')} are shown; settle these and look through again."
        )


def _colour(row: Any, by: str) -> str:
    if by == "tag":
        return str(row.tags[0]) if row.tags else "(no tag)"
    return str(row.source).split("#", 1)[0] or "(none)" if by == "source" else str(getattr(row, by))


def _short(text: str) -> str:
    """For Plotly's labels, which read a little HTML: no sign that could begin any."""
    return " ".join(text.split())[:120].replace("<", "‹").replace("&", "＆")

"""What the columns of an upload mean: a proposal that the person confirms or corrects."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.components import escaped
from workbench.demonstrations.columns import ColumnChoice, choose_columns
from workbench.demonstrations.importing import propose
from workbench.demonstrations.messages import Turns
from workbench.demonstrations.rows import RawTable
from workbench.errors import UnreadableFile

TURNS: dict[str, Turns] = {
    "Leave them out": "single",
    "Take the first exchange": "first",
    "Take every exchange, with what was said before": "every",
}


def choose(name: str, table: RawTable) -> ColumnChoice | None:
    """The meaning of the columns as the person confirms it; None while prompt or response is not chosen."""
    try:
        proposed = propose(table)
    except UnreadableFile as error:
        st.warning(escaped(f"{name}: {error}."), icon=":material/view_column:")
        return _two_columns(table, None)
    st.markdown(f"Read as **{escaped(table.format.upper())}**. Is this what the columns mean?")
    with st.container(border=True, width=820):
        if proposed.messages:
            choice: ColumnChoice | None = _conversations(proposed)
        elif proposed.languages:
            choice = _languages(proposed)
        else:
            choice = _two_columns(table, proposed)
        return None if choice is None else _beside(table, choice)


def _two_columns(table: RawTable, proposed: ColumnChoice | None) -> ColumnChoice | None:
    left, right = st.columns(2)
    columns = list(table.columns)
    prompt = left.selectbox(
        "Column of the prompt",
        columns,
        index=_place(columns, proposed.prompt if proposed else None),
        key="import_prompt_column" if proposed is None else "map_prompt",
    )
    response = right.selectbox(
        "Column of the response",
        columns,
        index=_place(columns, proposed.response if proposed else None),
        key="import_response_column" if proposed is None else "map_response",
    )
    if not prompt or not response:
        return None
    if proposed is not None and (prompt, response) == (proposed.prompt, proposed.response):
        return proposed
    chosen = choose_columns(columns, prompt, response)
    return replace(chosen, html=proposed.html if proposed else propose(table, prompt, response).html)


def _conversations(proposed: ColumnChoice) -> ColumnChoice:
    turns = st.radio(
        f"Conversations from '{escaped(proposed.messages)}' with more than one question and answer",
        list(TURNS),
        key="map_turns",
    )
    return replace(proposed, turns=TURNS[turns or "Leave them out"])


def _languages(proposed: ColumnChoice) -> ColumnChoice | None:
    labels = {f"{pair.language}: {pair.prompt} → {pair.response}": pair for pair in proposed.languages}
    chosen = st.multiselect(
        "Languages; those of one row are linked as wordings of one fact",
        list(labels),
        default=list(labels),
        key="map_languages",
    )
    return replace(proposed, languages=tuple(labels[label] for label in chosen)) if chosen else None


def _beside(table: RawTable, choice: ColumnChoice) -> ColumnChoice:
    """Tags, source and fact, and whether HTML is turned into text."""
    used = {choice.prompt, choice.response, choice.messages}
    free = [column for column in table.columns if column not in used]
    if free:
        tags, source, fact = st.columns(3)
        picked = tags.multiselect(
            "Tags from", free, default=[name for name in choice.tags if name in free], key="map_tags"
        )
        origin = source.selectbox(
            "Source from", free, index=_place(free, choice.source), key="map_source", placeholder="The file's name"
        )
        linked = fact.selectbox(
            "Wordings linked by",
            free,
            index=_place(free, choice.fact_id),
            key="map_fact",
            placeholder="Nothing",
            help="Rows with the same value here word one fact: a held-out wording is then told from an unseen fact.",
        )
        choice = replace(choice, tags=tuple(picked), source=origin, fact_id=linked)
    strip = st.toggle("Turn HTML in cells into plain text", value=choice.html == "strip", key="map_html")
    return replace(choice, html="strip" if strip else "keep")


def _place(columns: list[str], wanted: str | None) -> int | None:
    return columns.index(wanted) if wanted in columns else None

"""What the columns of an upload mean: a proposal that the person confirms or corrects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.components import escaped
from workbench.demonstrations.column_choice import ColumnChoice, ColumnPair, side_by_side, with_others
from workbench.demonstrations.column_names import PROMPT_NAMES, RESPONSE_NAMES, first_named
from workbench.demonstrations.importing import is_foreign, propose, sample_of
from workbench.demonstrations.messages import Turns
from workbench.demonstrations.rows import RawTable
from workbench.errors import UnreadableFile

ONE, LANGUAGES, CONVERSATION = "One prompt and one response", "Languages side by side", "A conversation"
TURNS: dict[str, Turns] = {
    "Leave them out": "single",
    "Take the first exchange": "first",
    "Take every exchange, with what was said before": "every",
}
CHOOSE = "Choose a column"
ADDED = "map_added"
"""Where the pairs of columns that the person adds are kept until the next upload, as all that begins with map_."""


def choose(name: str, table: RawTable) -> ColumnChoice | None:
    """The meaning of the columns as the person confirms it; None while prompt or response is not chosen."""
    proposed = _proposed(name, table)
    with st.container(border=True, width=820):
        likely = CONVERSATION if proposed.messages else LANGUAGES if proposed.languages else ONE
        readings = {ONE: _one_pair, LANGUAGES: _languages, CONVERSATION: _conversation}
        place = list(readings).index(likely)
        reading = st.radio("A row holds", list(readings), place, key="map_reading", horizontal=True)
        texts = readings[reading or likely](table, proposed)
        if texts is None:
            return None
        return _beside(table, replace(with_others(table.columns, texts, sample_of(table)), html=proposed.html))


def _proposed(name: str, table: RawTable) -> ColumnChoice:
    try:
        proposed = propose(table)
    except UnreadableFile as error:
        if not all(st.session_state.get(key) for key in ("map_prompt", "map_response")):
            problem = f"{name}: {error}. If these are demonstrations, choose the columns below."
            st.warning(escaped(problem), icon=":material/view_column:")
        prompt, response = first_named(table.columns, PROMPT_NAMES), first_named(table.columns, RESPONSE_NAMES)
        return ColumnChoice(prompt, response, html="strip" if is_foreign(table) else "keep")
    st.markdown(f"Read as **{escaped(table.format.upper())}**. Is this what the columns mean?")
    return proposed


def _one_pair(table: RawTable, proposed: ColumnChoice) -> ColumnChoice | None:
    left, right = st.columns(2)
    likely = proposed.pairs[0] if proposed.pairs else proposed
    prompt = _column(left, "Column of the prompt", "map_prompt", table.columns, likely.prompt, CHOOSE)
    response = _column(right, "Column of the response", "map_response", table.columns, likely.response, CHOOSE)
    return ColumnChoice(prompt, response) if prompt and response else None


def _conversation(table: RawTable, proposed: ColumnChoice) -> ColumnChoice | None:
    column = _column(st, "Column of the conversation", "map_messages", table.columns, proposed.messages, CHOOSE)
    turns = st.radio("Conversations with more than one question and answer", list(TURNS), key="map_turns")
    if column is None:
        return None
    known = proposed if column == proposed.messages else ColumnChoice(None, None)
    return ColumnChoice(known.prompt, known.response, column, turns=TURNS[turns or "Leave them out"])


def _languages(table: RawTable, proposed: ColumnChoice) -> ColumnChoice | None:
    found = proposed.languages or side_by_side(table.columns, proposed.prompt, proposed.response)
    labels = {_label(pair): pair for pair in (*found, *st.session_state.get(ADDED, ()))}
    label = "Languages; those of one row are linked as wordings of one fact"
    chosen = _columns(st, label, "map_languages", list(labels), list(labels), "None yet")
    with st.expander("Add a language", icon=":material/add:", expanded=not found):
        language, left, right = st.columns(3)
        language.text_input("Language, as en or de", key="map_new_language", max_chars=20)
        prompt = _column(left, "Its prompts", "map_new_prompt", table.columns, None, CHOOSE)
        response = _column(right, "Its responses", "map_new_response", table.columns, None, CHOOSE)
        st.button("Add", key="map_add", disabled=not (prompt and response), on_click=_add)
    return ColumnChoice(None, None, languages=tuple(labels[label] for label in chosen)) if chosen else None


def _add() -> None:
    """Callback: the pair of columns becomes one of those that can be chosen, and is chosen."""
    state = st.session_state
    pair = ColumnPair(state["map_new_prompt"], state["map_new_response"], state["map_new_language"].strip())
    state[ADDED] = [*state.get(ADDED, ()), pair]
    state["map_languages"] = list(dict.fromkeys([*state["map_languages"], _label(pair)]))
    state["map_new_language"], state["map_new_prompt"], state["map_new_response"] = "", None, None


def _label(pair: ColumnPair) -> str:
    return f"{pair.language}: {pair.prompt} → {pair.response}" if pair.language else f"{pair.prompt} → {pair.response}"


def _beside(table: RawTable, choice: ColumnChoice) -> ColumnChoice:
    """What stands beside prompt and response, and whether HTML is turned into text."""
    texts = ColumnChoice(choice.prompt, choice.response, choice.messages, choice.languages).used
    free = [column for column in table.columns if column not in texts]
    if free:
        tags, source, fact = st.columns(3)
        choice = replace(
            choice,
            tags=tuple(_columns(tags, "Tags from", "map_tags", free, choice.tags, "Nothing")),
            source=_column(source, "Source from", "map_source", free, choice.source, "The file's name"),
            fact_id=_column(
                fact,
                "Wordings linked by",
                "map_fact",
                free,
                choice.fact_id,
                help="Rows with the same value here word one fact: a held-out wording is then told from an unseen "
                "fact.",
            ),
        )
        choice = _more(free, choice)
    strip = st.toggle("Turn HTML in cells into plain text", value=choice.html == "strip", key="map_html")
    return replace(choice, html="strip" if strip else "keep")


def _more(free: list[str], choice: ColumnChoice) -> ColumnChoice:
    """What few files have: open where this one does, or where something was left out."""
    found = (*choice.before, choice.context, choice.author, choice.status, choice.split, *choice.unfit)
    with st.expander("Context, author, status and split", expanded=any(found)):
        first, second, third = st.columns(3)
        before = _columns(first, "Put before the prompt", "map_before", free, choice.before, "Nothing")
        context = None
        if not choice.messages:
            context = _column(second, "Put after it as its context", "map_context", free, choice.context)
        author = _column(third, "Author from", "map_author", free, choice.author, "Your name")
        first, second, _ = st.columns(3)
        status = _column(first, "Status from", "map_status", free, choice.status, "All approved")
        split = _column(second, "Split from", "map_split", free, choice.split, "Chosen by prompt")
    return replace(choice, before=tuple(before), context=context, author=author, status=status, split=split)


def _column(
    place: Any, label: str, key: str, options: Sequence[str], proposed: str | None, empty: str = "Nothing", **how: Any
) -> str | None:
    """A column that can also be none; the proposal is taken until the person says otherwise."""
    if key not in st.session_state or st.session_state[key] not in (None, *options):
        st.session_state[key] = proposed if proposed in options else None
    # With an index of its own the list could not be emptied.
    chosen: str | None = place.selectbox(label, list(options), index=None, key=key, placeholder=empty, **how)
    return chosen


def _columns(
    place: Any, label: str, key: str, options: Sequence[str], proposed: Sequence[str], empty: str
) -> list[str]:
    """Several columns, or none."""
    state = st.session_state
    state[key] = [name for name in state.get(key, proposed) if name in options]
    chosen: list[str] = place.multiselect(label, list(options), key=key, placeholder=empty)
    return chosen

"""Finding demonstrations by filters or by meaning: a table on the left, the chosen rows on the right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from pages import demonstrations_bulk, services
from pages.components import counted
from pages.components_progress import progress_bar
from pages.demonstrations_bulk import CHOSEN, MANY
from pages.demonstrations_detail import detail
from pages.demonstrations_grid import grid
from workbench.demonstrations.embedder import running
from workbench.demonstrations.quality import search_by_meaning

ROWS = 25
HITS = 50
ROUND = demonstrations_bulk.ROUND
WORDS, MEANING = "Words", "Meaning"
READ, GRID = "Read", "Edit in a grid"
ORDERS = {
    "Oldest first": "added",
    "Newest first": "newest",
    "Last changed": "changed",
    "By prompt": "prompt",
    "Longest response": "longest response",
}
ANY = "Any"
Page = Callable[[int], list[Any]]


def browse() -> None:
    """The filters, the table and the chosen rows."""
    filters, order = _filters()
    meaning = st.session_state.get("demonstrations_search_by") == MEANING and filters["search"]
    number, rows, key = _by_meaning(filters["search"]) if meaning else _by_filters(filters, order)
    found = filters if any(filters.values()) else None
    if st.session_state.get("demonstrations_mode") == GRID:
        demonstrations_bulk.undo()
        _page_of(number, rows, key, lambda shown, name: grid(shown, key=f"grid_{name}"), found)
        return
    many = st.session_state.get(MANY) or []
    # Until something is chosen, the table has some of the room of what will stand beside it.
    left, right = st.columns([1.4 if many or st.session_state.get(CHOSEN) else 2.2, 1], gap="medium")
    with left:
        _page_of(number, rows, key, _table, found, choosable=not meaning)
    with right:
        demonstrations_bulk.undo()
        if len(many) > 1:
            demonstrations_bulk.change_many(many)
        else:
            detail()


def _page_of(
    number: int,
    rows: Page,
    key: str,
    draw: Callable[[list[Any], str], None],
    filters: dict[str, Any] | None = None,
    *,
    choosable: bool = False,
) -> None:
    """One page of the rows that were found, and below it the way to the others."""
    pages = max(1, -(-number // ROWS))
    place = st.container()
    page = st.pagination(pages, key=f"{key}_page", max_visible_pages=5) if pages > 1 else 1
    with place:
        if filters is not None:
            _found(number, filters, choosable)
        draw(rows((page - 1) * ROWS), f"{key}_{page}")


def _found(number: int, filters: dict[str, Any], choosable: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        # The button stands beside it and not at the right: the table's own buttons lie over that place.
        st.caption(f"{counted(number, 'demonstration')} found", width="content")
        if number > 1 and choosable:
            st.button(
                f"Choose all {number:,}", key="choose_all", type="tertiary", on_click=_choose_all, args=(filters,)
            )


def _by_filters(filters: dict[str, Any], order: Any) -> tuple[int, Page, str]:
    """How many rows match, what gives a page of them, and a name for this table."""
    repository = services.workspace().demonstrations
    # Another filter is another table: it begins on its first page with nothing chosen.
    key = f"demonstrations_{hash((*filters.items(), order, st.session_state.get(ROUND, 0)))}"
    number = repository.count(**filters)
    return number, lambda start: repository.list(**filters, order=order, limit=ROWS, offset=start), key


def _by_meaning(text: str) -> tuple[int, Page, str]:
    """The rows whose prompts mean most nearly what the text says, the nearest first."""
    workspace = services.workspace()
    words = (
        "Comparing meanings…" if running() else "Comparing meanings… loading the model for it takes about ten seconds"
    )
    # The bar shows while new prompts are embedded, each once; what is done stays when somebody leaves.
    with st.spinner(words, show_time=True), progress_bar() as on_progress:
        ids = [id for id, _ in search_by_meaning(workspace, text, HITS, on_progress)]
    found = {row.id: row for row in workspace.demonstrations.of_ids(ids)}
    rows = [found[id] for id in ids if id in found]
    key = f"demonstrations_{hash((text, MEANING, st.session_state.get(ROUND, 0)))}"
    return len(rows), lambda start: rows[start : start + ROWS], key


def _filters() -> tuple[dict[str, Any], str]:
    repository = services.workspace().demonstrations
    tags, sources = sorted(repository.tags()), list(repository.sources())
    columns = st.columns([1.6, 1, 1.1, 1.75])  # the last holds "Edit in a grid", at 1024 pixels too
    search = columns[0].text_input(
        "Search", key="demonstrations_search", type="search", live=True, placeholder="Words in prompt or response"
    )
    split = columns[1].selectbox("Split", [ANY, "train", "validation", "test"], key="demonstrations_split")
    status = columns[2].selectbox("Status", [ANY, "approved", "draft", "rejected"], key="demonstrations_status")
    tag = columns[3].selectbox("Tag", [ANY, *tags], key="demonstrations_tag")
    # Into the same columns again, so that on a narrow screen each stands below what it belongs to.
    columns[0].segmented_control(
        "Search by",
        [WORDS, MEANING],
        default=WORDS,
        key="demonstrations_search_by",
        label_visibility="collapsed",
        help="Meaning finds questions that ask the same in other words; the filters do not count then.",
    )
    source = columns[1].selectbox("Source", [ANY, *(name for name in sources if name)], key="demonstrations_source")
    order = columns[2].selectbox("Order", list(ORDERS), key="demonstrations_order")
    columns[3].segmented_control(
        "How rows are shown", [READ, GRID], default=READ, key="demonstrations_mode", label_visibility="collapsed"
    )
    return {
        "search": (search or "").strip() or None,
        "split": None if split == ANY else split,
        "status": None if status == ANY else status,
        "tag": None if tag == ANY else tag,
        "source": None if source == ANY else source,
    }, ORDERS[order]


def _choose_all(filters: dict[str, Any]) -> None:
    """Callback: choose every row that matches, those on other pages too."""
    st.session_state[MANY] = services.workspace().demonstrations.ids(**filters)
    st.session_state[CHOSEN] = None


def _table(rows: list[Any], key: str) -> None:
    if not rows:
        st.caption("Nothing matches these filters.")
        return
    frame = pd.DataFrame(
        {
            "Prompt": [row.prompt for row in rows],
            "Response": [row.response for row in rows],
            "Split": [row.split for row in rows],
            "Status": [row.status for row in rows],
            "Tags": [", ".join(row.tags) for row in rows],
        }
    )
    ids = [row.id for row in rows]
    st.dataframe(
        frame,
        hide_index=True,
        key=key,
        on_select=lambda: _choose(key, ids),
        selection_mode="multi-row",
        height="content" if len(rows) <= 15 else 560,
        column_config={
            "Prompt": st.column_config.TextColumn(width=178),
            "Response": st.column_config.TextColumn(width=178),
            "Split": st.column_config.TextColumn(width=88),
            "Status": st.column_config.TextColumn(width=88),
            "Tags": st.column_config.TextColumn(width=100),
        },
        alt="Demonstrations that match the filters",
    )


def _choose(key: str, ids: list[str]) -> None:
    """Callback: remember which rows were chosen, or that none is."""
    selected = [ids[place] for place in st.session_state[key].selection.rows]
    st.session_state[MANY] = selected
    st.session_state[CHOSEN] = selected[0] if len(selected) == 1 else None

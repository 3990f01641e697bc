"""Step 1: prompts with the responses that people wish for: written, imported, looked after."""

from __future__ import annotations

import streamlit as st

from pages import identity, services
from pages.components import attempt, empty_state, header, problem, report, required
from pages.components_focus import focus_on, focused_field
from pages.demonstrations_browse import browse
from pages.demonstrations_frozen import snapshots_part
from pages.demonstrations_import import import_file
from pages.demonstrations_review import review_part
from workbench.demonstrations.editing import add_demonstration

PARTS = ("Browse", "Write", "Import", "Review", "Snapshots and export")
MEANINGS = (
    "**Train**: the model learns from these. **Validation**: watched while it learns. **Test**: held out, answered at "
    "the end and compared with you. **Drafts**: not trained on until approved."
)


def page() -> None:
    """Draw the page."""
    header(
        "Demonstrations",
        "edit_note",
        "Prompts as people ask them, each with the response you wish for. The model learns from these in step 2.",
    )
    _counts()
    tabs = st.tabs(PARTS, key="demonstrations_part", on_change="rerun")
    for tab, draw in zip(tabs, (_browse, _write, import_file, _review, snapshots_part), strict=True):
        if tab.open:
            with tab:
                draw()


def _counts() -> None:
    """How many there are, in one row: on a phone, too, as long as the numbers are short."""
    repository = services.workspace().demonstrations
    splits = repository.split_counts()
    together, drafts = repository.count(), repository.count(status="draft")
    narrowest = 60 if together < 10_000 else 100 if drafts else 115
    with st.container(border=True), st.grid(5 if drafts else 4, min_column_width=narrowest, gap="xsmall"):
        st.metric("All", f"{together:,}", help=MEANINGS)
        for split in ("train", "validation", "test"):
            st.metric(split.capitalize(), f"{splits.get(split, 0):,}")
        if drafts:
            st.metric("Drafts", f"{drafts:,}")


def _browse() -> None:
    if not services.workspace().demonstrations.count():
        empty_state(
            "No demonstrations yet",
            "A demonstration is a prompt and the response a good colleague would give. Write one, import a JSONL or "
            "CSV file, or load the demo company on the home page. A few hundred make a good start.",
            "edit_note",
            ("home.py", "Home"),
        )
        return
    browse()


def _review() -> None:
    if services.workspace().demonstrations.count():
        review_part()
    else:
        st.caption("There is nothing to look through yet.")


# --- writing --------------------------------------------------------------------------------------


def _write() -> None:
    author = identity.asked("What you write carries your name.")
    with st.form("new_demonstration", border=True, width=820):
        st.text_area(
            "Prompt", key="new_prompt", height=90, placeholder="Where is the HR department in Boston?", max_chars=20_000
        )
        st.text_area(
            "Ideal response",
            key="new_response",
            height=140,
            placeholder="The HR department in Boston is on the third floor of the Harbor building.",
            max_chars=20_000,
        )
        # Hints that open from an icon would be stops on the way from field to field with the Tab key.
        left, right = st.columns(2)
        left.multiselect(
            "Tags",
            sorted(services.workspace().demonstrations.tags()),
            key="new_tags",
            accept_new_options=True,
            placeholder="Choose or type",
        )
        right.text_input("Source", key="new_source", placeholder="Handbook, chapter 3")
        st.caption(
            "Tags are for finding and counting them later, such as the department; the source says where the facts "
            "come from. Both stay for the next one. Ctrl+Enter saves."
        )
        st.form_submit_button(
            "Save demonstration",
            type="primary",
            icon=":material/save:",
            key="save_demonstration",
            on_click=_save,
            disabled=author is None,
        )
    problem("write")
    focused_field("write")


def _save() -> None:
    """Callback: store what the form holds, and empty it only if that worked; the focus goes where one types next."""
    state = st.session_state
    saved = attempt("write", _store)
    if saved is None:
        empty = [key for key in ("new_prompt", "new_response") if not state[key].strip()]
        if empty:
            focus_on("write", empty[0])
        return
    state["new_prompt"] = state["new_response"] = ""
    focus_on("write", "new_prompt")
    report("write", f"Saved to the {saved} split.")


def _store() -> str:
    state = st.session_state
    row = add_demonstration(
        services.workspace(),
        prompt=required(state["new_prompt"], "The prompt"),
        response=required(state["new_response"], "The response"),
        tags=state["new_tags"],
        source=state["new_source"] or "",
        author=required(identity.person(), "Your name"),
    )
    return str(row.split)


if __name__ == "__main__":
    page()

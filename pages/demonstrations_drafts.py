"""Drafts from an uploaded handbook: which sections, with which questions, and from where."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from pages import services
from pages.components import attempt, counted, escaped
from workbench.demonstrations.documents import Document, drafts
from workbench.demonstrations.importing import DemonstrationFile, ImportReport, rejected_csv, store_demonstrations

SHOWN = 200
Done = Callable[[str, ImportReport, bytes], None]


def import_documents(name: str, documents: list[Document], author: str | None, done: Done) -> None:
    """Show the drafts that the documents give, and take them if the person says so."""
    unread = [document for document in documents if document.problem]
    st.markdown(f"{counted(len(documents) - len(unread), 'document')} read.")
    for document in unread[:20]:
        st.warning(f"{escaped(document.name)}: {escaped(document.problem)}.", icon=":material/warning:")
    every = st.toggle(
        "Also offer sections whose heading asks nothing, with a question made of the heading",
        key="map_sections",
        help="You will want to word these questions better before you approve them.",
    )
    file = drafts(name, documents, wanted="all" if every else "questions")
    if not file.fields:
        st.info("No heading in it asks a question. Turn the switch on to be offered all sections.")
        return
    _show(file)
    st.button(
        f"Take {counted(len(file.fields), 'draft')}",
        type="primary",
        icon=":material/upload:",
        key="import_confirm",
        disabled=author is None,
        on_click=_take,
        args=(file, author, done),
    )


def _show(file: DemonstrationFile) -> None:
    frame = pd.DataFrame(
        {
            "Prompt": [row.prompt for row in file.fields[:SHOWN]],
            "Response": [row.response for row in file.fields[:SHOWN]],
            "Document": [row.origin["document"] if row.origin else "" for row in file.fields[:SHOWN]],
            "Section": [row.origin["section"] if row.origin else "" for row in file.fields[:SHOWN]],
        }
    )
    st.dataframe(frame, hide_index=True, height="auto", alt="The drafts that the documents give")
    if len(file.fields) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(file.fields):,} are shown.")


def _take(file: DemonstrationFile, author: str, done: Done) -> None:
    """Callback: store the drafts; each waits for a person to approve it."""
    stored = attempt("import", lambda: store_demonstrations(services.workspace(), file, author=author))
    if stored is not None:
        done(file.filename, stored, rejected_csv(stored.rejected))

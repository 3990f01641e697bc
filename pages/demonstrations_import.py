"""Importing demonstrations from a file: look at what would be taken, then take it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.typing import UploadedFile

from pages import identity, services
from pages.components import attempt, counted, escaped, problem, problems_shown, report
from workbench.demonstrations.importing import (
    ImportPreview,
    ImportReport,
    RejectedRow,
    import_demonstrations,
    preview_demonstrations,
)
from workbench.demonstrations.parsing import MAX_UPLOAD_BYTES

ENDINGS = ("jsonl", "json", "csv", "tsv")
REPORT = "import_report"


def import_file() -> None:
    """The Import part of the page."""
    author = identity.asked("Imported rows carry your name.")
    problem("import")
    _last_report()
    with st.container(width=820):
        st.caption(
            "JSON Lines, JSON, CSV or TSV with a column for the prompt (prompt, question, instruction …) and one for "
            "the response (response, answer, output …), or chat messages. Rows that are already there are left out."
        )
        upload = st.file_uploader(
            "File", type=list(ENDINGS), key=_uploader_key(), max_upload_size=MAX_UPLOAD_BYTES // 2**20
        )
    if upload is None:
        return
    with problems_shown():
        preview: ImportPreview | None = _preview(upload, None, None)
        if preview is not None and preview.report is None:
            preview = _choose_columns(upload, preview)
        if preview is not None and preview.report is not None:
            _show_preview(preview)
            _confirm(upload, preview, preview.report, author)


def _uploader_key() -> str:
    # A new key empties the uploader after an import.
    return f"import_file_{st.session_state.get('import_round', 0)}"


def _preview(upload: UploadedFile, prompt_column: str | None, response_column: str | None) -> ImportPreview:
    with _as_file(upload) as path:
        return preview_demonstrations(
            path,
            upload.name,
            ws=services.workspace(),
            prompt_column=prompt_column,
            response_column=response_column,
        )


@contextmanager
def _as_file(upload: UploadedFile) -> Iterator[Path]:
    """The upload's bytes under a name of our own."""
    with tempfile.TemporaryDirectory(prefix="workbench-import-") as folder:
        path = Path(folder) / "upload"
        path.write_bytes(upload.getbuffer())
        yield path


def _choose_columns(upload: UploadedFile, preview: ImportPreview) -> ImportPreview | None:
    st.warning(escaped(preview.problem or "The columns cannot be told."), icon=":material/view_column:")
    left, right = st.columns(2, width=620)
    columns = list(preview.columns)
    prompt = left.selectbox("Column of the prompt", columns, index=None, key="import_prompt_column")
    response = right.selectbox("Column of the response", columns, index=None, key="import_response_column")
    if not prompt or not response:
        return None
    return _preview(upload, prompt, response)


def _show_preview(preview: ImportPreview) -> None:
    st.markdown(
        f"Read as **{escaped(preview.format.upper())}**: prompt from **{escaped(preview.prompt_column)}**, "
        f"response from **{escaped(preview.response_column)}**."
    )
    st.dataframe(
        pd.DataFrame(preview.first_rows).astype(str),
        hide_index=True,
        height="content",
        alt="The first rows of the file",
    )


def _confirm(upload: UploadedFile, preview: ImportPreview, found: ImportReport, author: str | None) -> None:
    _rejected(found.rejected)
    doubles = f", {counted(found.duplicates, 'duplicate')} left out" if found.duplicates else ""
    st.caption(f"{counted(found.rows, 'row')} in the file{doubles}.")
    st.button(
        f"Import {counted(found.accepted, 'demonstration')}",
        type="primary",
        icon=":material/upload:",
        key="import_confirm",
        disabled=author is None or not found.accepted,
        on_click=_import,
        args=(upload, author, preview.prompt_column, preview.response_column),
    )


def _import(upload: UploadedFile, author: str, prompt_column: str | None, response_column: str | None) -> None:
    """Callback: store the rows and keep the report for the next drawing."""

    # Messages have no column of prompts: prompt and response then name the same column.
    chosen = prompt_column != response_column

    def store() -> ImportReport:
        with _as_file(upload) as path:
            return import_demonstrations(
                services.workspace(),
                path,
                author=author,
                filename=upload.name,
                prompt_column=prompt_column if chosen else None,
                response_column=response_column if chosen else None,
            )

    done = attempt("import", store)
    if done is None:
        return
    report("import", f"{counted(done.accepted, 'demonstration')} imported from {upload.name}.")
    st.session_state[REPORT] = done.rejected
    st.session_state["import_round"] = st.session_state.get("import_round", 0) + 1


def _last_report() -> None:
    """What was refused by the import that has just run; gone with the next visit."""
    rejected = st.session_state.pop(REPORT, None)
    if rejected:
        _rejected(rejected)


def _rejected(rejected: list[RejectedRow]) -> None:
    if not rejected:
        return
    st.warning(f"{counted(len(rejected), 'row')} cannot be taken:", icon=":material/warning:")
    st.dataframe(
        {"Row": [row.row for row in rejected], "Why": [row.reason for row in rejected]},
        hide_index=True,
        width=820,
        height="auto",
        column_config={"Row": st.column_config.NumberColumn(width=80)},
        alt="Rows that cannot be taken, with the reason",
    )

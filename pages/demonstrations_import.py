"""Bringing in what people have: a file is read, what it seems to mean is shown and corrected, then it is taken."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TypeVar

import pandas as pd
import streamlit as st
from streamlit.typing import UploadedFile

from pages import identity, services
from pages.components import attempt, counted, escaped, problem, problems_shown, report
from pages.components_progress import progress_bar
from pages.demonstrations_drafts import import_documents
from pages.demonstrations_mapping import choose
from workbench.demonstrations.column_choice import ColumnChoice, unused_sentence
from workbench.demonstrations.dataset_zip import holds_rows
from workbench.demonstrations.document_text import EXTENSIONS as DOCUMENTS
from workbench.demonstrations.documents import read_documents
from workbench.demonstrations.formats import FORMATS, PACKED
from workbench.demonstrations.import_preview import ImportPreview, preview_table
from workbench.demonstrations.import_report import ImportReport, RejectedRow, reasons
from workbench.demonstrations.importing import check_table, store_demonstrations
from workbench.demonstrations.parsing import MAX_UPLOAD_BYTES, parse_file
from workbench.demonstrations.rejected_file import rejected_csv
from workbench.demonstrations.rows import RawTable

Read = TypeVar("Read")
REPORT = "import_report"
HELD = "import_held"
PREVIEW = "import_preview"
ASKED = "import_asked"
LOOKED = "import_looked"
ROWS, HANDBOOK = "Questions with answers", "Handbook to draw from"
AMBIGUOUS = (".txt", ".zip")
SHOWN, SHOWN_REASONS = 1_000, 6
"""Rejected rows in the table, and reasons above it."""


def import_file() -> None:
    """The Import part of the page."""
    author = identity.asked("Imported rows carry your name.")
    problem("import")
    _last_report()
    with st.container(width=820):
        st.caption(
            "**Questions with answers** from a table (CSV, TSV, Excel, Parquet) or JSON of nearly any shape, chat "
            "messages included. **A handbook** (Markdown, HTML, Word, PDF, text, or a zip of them) gives drafts. You "
            "see what would be taken before anything is stored, and rows that are already there are left out."
        )
        endings = sorted({ending.removeprefix(".") for ending in (*FORMATS, *PACKED, *DOCUMENTS)})
        upload = st.file_uploader("File", type=endings, key=_uploader_key(), max_upload_size=MAX_UPLOAD_BYTES // 2**20)
    if upload is None:
        return
    with problems_shown():
        if _is_handbook(upload):
            import_documents(upload.name, held(upload, "documents", read_documents), author, _done)
        else:
            _import_rows(upload, author)


def _is_handbook(upload: UploadedFile) -> bool:
    ending = PurePath(upload.name).suffix.casefold()
    if ending in AMBIGUOUS:
        likely = ROWS if ending == ".zip" and _holds_rows(upload) else HANDBOOK
        # A key for each file: what was said of the last one says nothing of this one.
        key = f"import_kind_{upload.file_id}"
        return st.segmented_control("What is in it?", [ROWS, HANDBOOK], default=likely, key=key) == HANDBOOK
    return ending in DOCUMENTS


def _holds_rows(upload: UploadedFile) -> bool:
    """Whether a zip file seems to hold rows; looked into once."""
    kept = st.session_state.get(LOOKED)
    if kept is None or kept[0] != upload.file_id:
        with _as_file(upload) as path:
            kept = st.session_state[LOOKED] = (upload.file_id, holds_rows(path, upload.name))
    return bool(kept[1])


def _uploader_key() -> str:
    # A new key empties the uploader after an import.
    return f"import_file_{st.session_state.get('import_round', 0)}"


def held(upload: UploadedFile, what: str, read: Callable[[Path, str], Read]) -> Read:
    """What was read of the upload, read once: each click draws the page anew, and reading takes a process."""
    key = (upload.file_id, what)
    kept = st.session_state.get(HELD)
    if kept is None or kept[0] != key:
        for name in [name for name in st.session_state if str(name).startswith(("map_", PREVIEW))]:
            del st.session_state[name]
        with st.spinner("Reading the file…", show_time=True), _as_file(upload) as path:
            kept = st.session_state[HELD] = (key, read(path, upload.name))
    found: Read = kept[1]
    return found


@contextmanager
def _as_file(upload: UploadedFile) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        path = Path(folder) / "upload"  # a name of our own: the upload's is only a label
        path.write_bytes(upload.getbuffer())
        yield path


# --- tables ---------------------------------------------------------------------------------------


def _import_rows(upload: UploadedFile, author: str | None) -> None:
    table = held(upload, "rows", parse_file)
    choice = choose(upload.name, table)
    if choice is None:
        return
    preview = _preview(upload, table, choice)
    _show(preview)
    _confirm(upload.name, table, choice, preview.report, author)


def _preview(upload: UploadedFile, table: RawTable, choice: ColumnChoice) -> ImportPreview:
    key = (upload.file_id, choice)
    kept = st.session_state.get(PREVIEW)
    if kept is None or kept[0] != key:
        with progress_bar("Checking rows") as on_progress:
            preview = preview_table(upload.name, table, choice, services.workspace(), on_progress)
        kept = st.session_state[PREVIEW] = (key, preview)
    found: ImportPreview = kept[1]
    return found


def _show(preview: ImportPreview) -> None:
    if preview.report.unused_columns:
        st.caption(escaped(unused_sentence(preview.report.unused_columns)))
    for note in preview.notes:
        st.info(escaped(note), icon=":material/build:")
    if not preview.first_fields:
        return
    st.markdown("**What would be stored** (the first rows)")
    frame = pd.DataFrame(
        {
            "Prompt": [row.prompt for row in preview.first_fields],
            "Response": [row.response for row in preview.first_fields],
            "Tags": [", ".join(row.tags) for row in preview.first_fields],
            "Source": [row.source or "" for row in preview.first_fields],
            "Fact": [row.fact_id or "" for row in preview.first_fields],
            "Author": [row.author or "" for row in preview.first_fields],
            "Status": [row.status or "" for row in preview.first_fields],
            "Split": [row.split or "" for row in preview.first_fields],
        }
    )
    filled = [name for name in frame if name in ("Prompt", "Response") or frame[name].any()]
    st.dataframe(frame[filled], hide_index=True, height="content", alt="The first rows as they would be stored")


def _confirm(name: str, table: RawTable, choice: ColumnChoice, found: ImportReport, author: str | None) -> None:
    _rejected(found.rejected, rejected_csv([(name, found.rejected)]))
    doubles = f", {counted(found.duplicates, 'duplicate')} left out" if found.duplicates else ""
    st.caption(f"{counted(found.rows, 'row')} in the file{doubles}.")
    st.button(
        f"Import {counted(found.accepted, 'demonstration')}",
        type="primary",
        icon=":material/upload:",
        key="import_confirm",
        disabled=author is None or not found.accepted,
        on_click=_ask,
    )
    identity.missing(author)
    if st.session_state.pop(ASKED, False) and author is not None:
        # Not in the callback: nothing could be drawn there, and a large file takes seconds.
        _import(name, table, choice, author)
        st.rerun()


def _ask() -> None:
    """Callback: the rows are stored when the page is drawn next."""
    st.session_state[ASKED] = True


def _import(name: str, table: RawTable, choice: ColumnChoice, author: str) -> None:
    """Store the rows, saying how far that is, and keep the report for the next drawing."""

    def store() -> ImportReport:
        with progress_bar("Checking rows") as on_progress:
            file = check_table(name, table, choice, on_progress)
            return store_demonstrations(services.workspace(), file, author=author, on_progress=on_progress)

    done = attempt("import", store)
    if done is not None:
        _done(name, done, rejected_csv([(name, done.rejected)]))


def _done(name: str, stored: ImportReport, rejected_file: bytes, *, drafts: bool = False) -> None:
    """Say what was taken, and empty the uploader."""
    what = f"{counted(stored.accepted, 'draft' if drafts else 'demonstration')} imported from {name}."
    if not stored.accepted:
        what = f"Nothing new in {name}."
    if drafts and stored.duplicates:
        what += f" {counted(stored.duplicates, 'duplicate')} left out."
    if drafts and stored.accepted:
        what += " Read and approve them under Browse, with the status “draft”."
    report("import", what)
    st.session_state[REPORT] = (stored.rejected, rejected_file)
    st.session_state["import_round"] = st.session_state.get("import_round", 0) + 1
    for key in (HELD, PREVIEW):
        st.session_state.pop(key, None)


def _last_report() -> None:
    """What was refused by the import that has just run; gone with the next visit."""
    rejected, file = st.session_state.pop(REPORT, ([], b""))
    _rejected(rejected, file)


def _rejected(rejected: list[RejectedRow], file: bytes) -> None:
    if not rejected:
        return
    st.warning(f"{counted(len(rejected), 'row')} cannot be taken.", icon=":material/warning:")
    found = reasons(rejected)
    if len(rejected) > len(found):
        st.markdown("\n".join(f"- {number:,} × {escaped(reason)}" for reason, number in found[:SHOWN_REASONS]))
    st.dataframe(
        {"Row": [row.row for row in rejected[:SHOWN]], "Why": [row.reason for row in rejected[:SHOWN]]},
        hide_index=True,
        width=820,
        height="auto",
        column_config={"Row": st.column_config.NumberColumn(width=80)},
        alt="Rows that cannot be taken, with the reason",
    )
    if len(rejected) > SHOWN:
        st.caption(f"The first {SHOWN:,} are shown; the file has all of them.")
    st.download_button(
        "Download these rows with the reasons",
        file,
        "rejected.csv",
        "text/csv",
        key="import_rejected",
        icon=":material/download:",
        on_click="ignore",
    )

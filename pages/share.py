"""What leaves the workbench: models in layouts of other programs, a report, a backup."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import streamlit as st

from pages import services
from pages.components import counted, escaped, header, problems_shown
from pages.components_forms import model_label
from workbench.backup.writing import write_backup
from workbench.chatbot.chat import default_model
from workbench.models.registry import LANGUAGE_MODELS, get_model, list_models
from workbench.report.page import report_html
from workbench.takeaway.card import model_card
from workbench.takeaway.gguf import find_converter
from workbench.takeaway.process import package_in_child
from workbench.takeaway.serving import missing_for_serving

MADE = "share_made"
REPORT = "share_report_html"


def page() -> None:
    """Draw the page."""
    header(
        "Take away",
        "ios_share",
        "Models for other programs, a report for the people who decide, and a backup of everything.",
    )
    models, paper, backup = st.tabs(["A model", "A report", "A backup"])
    with models:
        _models()
    with paper:
        _report()
    with backup:
        _backup()


# --- a model --------------------------------------------------------------------------------------


def _models() -> None:
    models = list_models(services.workspace(), LANGUAGE_MODELS)
    names = {model.id: model_label(model) for model in reversed(models)}
    model_id = str(
        st.selectbox(
            "Model",
            list(names),
            index=list(names).index(default_model(services.workspace()).id),
            key="share_model",
            format_func=names.__getitem__,
            width=320,
        )
    )
    st.markdown(
        "You get one folder: the whole model and its adapter as Hugging Face tools load them, a model card written "
        "from the facts, and a check that compares the logits with plain transformers and peft."
    )
    if find_converter() is None:
        st.caption(
            "No GGUF file for llama.cpp and Ollama: llama.cpp's converter is not installed on this machine "
            "(set LLAMA\\_CPP\\_DIR to its folder)."
        )
    if st.button("Write the folder", type="primary", icon=":material/folder_zip:", key="share_write"):
        with problems_shown(), _working("Writing the folder, then loading it elsewhere and comparing the logits …"):
            st.session_state[MADE] = _written(model_id)
    _made(st.session_state.get(MADE))
    with st.expander("The model card", icon=":material/badge:", key="share_card", on_change="rerun") as card:
        if card.open:
            with st.spinner("Collecting the facts …"):
                st.code(model_card(services.workspace(), model_id), language="markdown", wrap_lines=True, height=480)
    _serving(model_id)


def _working(words: str) -> AbstractContextManager[None]:
    """What is going on and for how long: in a callback the page would stand still without a word."""
    return st.spinner(words, show_time=True)


def _written(model_id: str) -> dict[str, Any]:
    """Write the package in a process of its own; the page waits for it."""
    ws = services.workspace()
    out = ws.root / "exports" / f"{model_id.replace('/', '--')}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    return package_in_child(ws.root, get_model(ws, model_id).spec, model_card(ws, model_id), out)


def _made(made: dict[str, Any] | None) -> None:
    if not made:
        return
    with st.container(border=True):
        st.markdown(f":material/check_circle: Written, loaded and compared: **{escaped(', '.join(made['parts']))}**.")
        st.code(str(made["folder"]), language=None, wrap_lines=True)
        st.code(str(made["checked"]), language=None, wrap_lines=True)
        for sentence in made["missing"]:
            st.caption(escaped(sentence))


def _serving(model_id: str) -> None:
    with st.expander("Serve it to other programs", icon=":material/api:"):
        st.markdown("An endpoint that speaks OpenAI's protocol, on this machine only:")
        root = services.workspace().root
        st.code(f"workbench serve {model_id} --workspace {root}", language="bash", wrap_lines=True)
        missing = missing_for_serving()
        if missing:
            st.caption(f"It needs {', '.join(missing)} first: pip install -e '.[serve]'")
        st.caption(
            "Close the app first, or restore a backup elsewhere and serve from there: a workspace has one owner."
        )


# --- a report -------------------------------------------------------------------------------------


def _report() -> None:
    st.markdown("The data, the four steps, curves, verdicts and examples in one HTML file, offline and printable.")
    if st.button("Make the report", type="primary", icon=":material/description:", key="share_report"):
        with problems_shown(), _working("Collecting the data, the curves and the examples …"):
            st.session_state[REPORT] = report_html(services.workspace())
    content = st.session_state.get(REPORT)
    if content:
        st.download_button(
            "Download",
            content,
            file_name=f"report-{services.workspace().root.name}-{datetime.now(UTC):%Y%m%d}.html",
            mime="text/html",
            icon=":material/download:",
            key="share_report_download",
        )
        st.caption(f"{len(content) / 1e6:.1f} MB, most of it the library that draws the charts.")


# --- a backup -------------------------------------------------------------------------------------


def _backup() -> None:
    st.markdown(
        "One file with the database, all runs and models. Everything goes on while it is written. On another machine, "
        "`workbench restore FILE --workspace FOLDER` makes a workspace of it."
    )
    default = Path.home() / f"workbench-{services.workspace().root.name}-{datetime.now(UTC):%Y%m%d-%H%M}.tar"
    st.session_state.setdefault("share_backup_path", str(default))
    st.text_input("File to write, on the machine that runs the app", key="share_backup_path")
    if st.button("Write the backup", type="primary", icon=":material/backup:", key="share_backup"):
        with problems_shown(), _working("Writing database, runs and models …"):
            made = write_backup(services.workspace(), Path(str(st.session_state["share_backup_path"])))
            done = (
                f"{made.path} holds {counted(made.demonstrations, 'demonstration')}, {counted(made.votes, 'vote')} and "
                f"{counted(made.runs, 'run')}: {counted(made.files, 'file')}, {made.bytes / 1e6:,.1f} MB."
            )
            st.success(escaped(done), icon=":material/check_circle:")


if __name__ == "__main__":
    page()

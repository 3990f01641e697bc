"""Drafts from an uploaded handbook: which sections, with which questions, and from where."""

from __future__ import annotations

import time
from typing import Protocol

import pandas as pd
import streamlit as st

from pages import identity, services
from pages.components import attempt, counted, duration, escaped, problems_shown
from pages.components_forms import model_label
from workbench.demonstrations.documents import (
    Document,
    Proposer,
    Wanted,
    drafts,
    open_sections,
    proposed_questions,
    undrafted,
)
from workbench.demonstrations.import_report import DemonstrationFile, ImportReport
from workbench.demonstrations.importing import store_demonstrations
from workbench.demonstrations.proposals import Proposals, propose
from workbench.demonstrations.rejected_file import rejected_csv
from workbench.demonstrations.section import Section
from workbench.models.registry import RegisteredModel, list_models
from workbench.runs.events import ModelKind

SHOWN, SHOWN_PROBLEMS = 200, 20
PROPOSED = "import_preview_questions"
QUESTION_TOKENS = 48
LANGUAGE_MODELS: tuple[ModelKind, ...] = ("base", "sft", "ppo", "dpo", "rloo")


class Done(Protocol):
    """Says what was taken from a file."""

    def __call__(self, name: str, stored: ImportReport, rejected_file: bytes, *, drafts: bool = False) -> None: ...


def import_documents(name: str, documents: list[Document], author: str | None, done: Done) -> None:
    """Show the drafts that the documents give, and take them if the person says so."""
    unread = [document for document in documents if document.problem]
    st.markdown(f"{counted(len(documents) - len(unread), 'document')} read.")
    for document in unread[:SHOWN_PROBLEMS]:
        st.warning(f"{escaped(document.name)}: {escaped(document.problem)}.", icon=":material/warning:")
    every = bool(open_sections(documents)) and st.toggle(
        "Also offer sections whose heading asks nothing, with a question made of the heading",
        key="map_sections",
        help="You will want to word these questions better before you approve them.",
    )
    wanted: Wanted = "all" if every else "questions"
    file = drafts(name, documents, wanted=wanted, propose=_worded(name, documents, every))
    _say_undrafted(documents, wanted)
    if not file.fields:
        return
    _show(file)
    if any(document.kind in ("pdf", "text") for document in documents):
        st.caption(
            "PDF and plain text mark no headings: a response goes on up to the next question, or to a heading in "
            "capitals or underlined. Read each draft to its end."
        )
    st.button(
        f"Take {counted(len(file.fields), 'draft')}",
        type="primary",
        icon=":material/upload:",
        key="import_confirm",
        disabled=author is None,
        on_click=_take,
        args=(file, author, done),
    )
    identity.missing(author)


def _say_undrafted(documents: list[Document], wanted: Wanted) -> None:
    """Which documents give no draft, and what to do."""
    found = undrafted(documents, wanted=wanted, all_wanted_by="turn the switch on")
    for sentence in found[:SHOWN_PROBLEMS]:
        st.info(escaped(sentence))
    if len(found) > SHOWN_PROBLEMS:
        st.caption(f"{len(found) - SHOWN_PROBLEMS} more documents give no draft.")


def _worded(name: str, documents: list[Document], every: bool) -> Proposer:
    """What words the questions of headings that ask none: the heading, or a model that the person chose and asked."""
    found = open_sections(documents) if every else []
    models = list_models(services.workspace(), LANGUAGE_MODELS) if found else []
    if not models:
        return proposed_questions
    with st.container(horizontal=True, vertical_alignment="bottom"):
        known = {model.id: model for model in models}
        chosen = st.selectbox(
            "Who words their questions",
            [None, *known],
            format_func=lambda model_id: model_label(known[model_id]) if model_id else "The heading itself",
            key="map_proposer",
            width=320,
            help="A larger model words them better; the embedded practice model hardly can. Where a model writes no "
            "question, the heading's stands.",
        )
        asked = chosen is not None and st.button(
            f"Ask for {counted(len(found), 'question')}", icon=":material/smart_toy:", key="ask_proposer"
        )
    held = st.session_state.get(PROPOSED)
    if asked and chosen:
        with problems_shown():
            held = st.session_state[PROPOSED] = ((name, chosen), _asked(known[chosen], found))
    if held is None or held[0] != (name, chosen):
        return proposed_questions
    result: Proposals = held[1]
    st.caption(
        f"{result.by_model} of {len(found)} questions are worded by {escaped(chosen)}; read them before you take them."
    )
    questions = dict(zip(map(_place, found), result.questions, strict=True))
    return lambda parts: [questions[_place(part)] for part in parts]


def _asked(model: RegisteredModel, found: list[Section]) -> Proposals:
    """The model's questions, with a bar; the generator process writes them."""
    bar, began = st.progress(0.0, "The model is being loaded…"), time.monotonic()

    def show(done: int, total: int) -> None:
        left = (time.monotonic() - began) * (total - done) / done if done else None
        words = f", about {duration(left)} left" if left else ""
        bar.progress(done / total, f"Asking {model.id}: {done} of {total}{words}")

    def answer(prompts: list[str]) -> list[str]:
        return services.generator().generate(model.spec, prompts, max_new_tokens=QUESTION_TOKENS, timeout=300)

    try:
        return propose(found, answer, show)
    finally:
        bar.empty()


def _place(section: Section) -> tuple[object, ...]:
    return (section.above, section.heading, section.line, section.body)


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
        done(file.filename, stored, rejected_csv([(file.filename, stored.rejected)]), drafts=True)

"""What a demonstration was before: who changed it, when, and back to it."""

from __future__ import annotations

import streamlit as st

from pages import identity, services
from pages.components import ago, attempt, escaped, plain_text, problem, report, required
from pages.rows import DemonstrationState, DemonstrationVersion
from pages.token_text import marked_words
from workbench.demonstrations.restoring import restore_version
from workbench.diagnosis.text_diff import word_diff

OPEN = "demonstration_history"


def history_button(demonstration_id: str) -> None:
    """A button that opens the row's history, and the history while it is open."""
    st.button("History", icon=":material/history:", key="show_history", on_click=_open, args=(demonstration_id,))
    if st.session_state.get(OPEN) == demonstration_id:
        _history(demonstration_id)


def _open(demonstration_id: str) -> None:
    st.session_state[OPEN] = demonstration_id


def _close() -> None:
    st.session_state.pop(OPEN, None)


@st.dialog("History", width="medium", on_dismiss=_close)
def _history(demonstration_id: str) -> None:
    if st.session_state.get(OPEN) is None:  # restored: a full rerun closes the dialog
        st.rerun()
    repository = services.workspace().demonstrations
    versions = repository.history(demonstration_id)
    if not versions:
        st.caption("It is as it was first written.")
        return
    name = identity.asked("Changes carry your name.")
    problem("history")
    after: DemonstrationState | None = next(iter(repository.of_ids([demonstration_id])), None)
    for number, version in enumerate(versions):
        with st.container(border=True):
            st.caption(f"Until {escaped(version.replaced_by)} {version.action} it, {ago(version.replaced_at)}")
            plain_text(version.prompt, "Prompt")
            plain_text(version.response, "Response")
            tags = f" · {escaped(', '.join(version.tags))}" if version.tags else ""
            st.caption(f"{version.split} · {version.status}{tags}")
            if after is not None:
                _change(version, after, number)
            st.button(
                "Restore this version", icon=":material/undo:", key=f"restore_{version.id}", disabled=name is None,
                on_click=restore, args=(version, versions[0].id),
            )  # fmt: skip
        after = version


def _change(before: DemonstrationState, after: DemonstrationState, number: int) -> None:
    """What became of a version: words that came and went, and what else is different."""
    for label, old, new in (
        ("prompt", before.prompt, after.prompt),
        ("response", before.response, after.response),
    ):
        if old != new:
            st.caption(f"The {label} after that")
            marked_words(word_diff(old, new), key=f"history_{label}_{number}")
    others = [
        f"{label} {escaped(old or 'none')} → {escaped(new or 'none')}"
        for label, old, new in (
            ("status", before.status, after.status),
            ("split", before.split, after.split),
            ("tags", ", ".join(before.tags), ", ".join(after.tags)),
            ("source", before.source or "", after.source or ""),
        )
        if old != new
    ]
    if others:
        st.caption(f"Also changed: {'; '.join(others)}")


def restore(version: DemonstrationVersion, seen: str) -> None:
    """Callback: make a version the current row, unless there are newer ones than the person saw."""
    by = identity.person()
    row = attempt(
        "history",
        lambda: restore_version(services.workspace(), version.id, by=required(by, "Your name"), seen=seen),
    )
    if row is None:
        return
    side = "" if row.split == version.split else f" It is in {row.split}, as prompts that are nearly the same are."
    report("browse", f"Restored. What it was in between is kept.{side}")
    _close()

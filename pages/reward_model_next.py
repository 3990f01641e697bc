"""The closed loop: which pairs would teach this reward model most, sent to the voters."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import Field
from pydantic.fields import FieldInfo

from pages import identity, services
from pages.components import attempt, counted, problem, report
from pages.components_numbers import number_field
from pages.rows import Run
from workbench.preferences.label_next import MOST_NEW_PAIRS, label_these_next, waiting
from workbench.workspace import Workspace

PLACE = "reward_next"
NEW_PAIRS: FieldInfo = Field(ge=0, le=MOST_NEW_PAIRS)


def label_next(run: Run, workspace: Workspace) -> None:
    """A button that scores the waiting pairs and puts the doubtful ones first in everybody's queue."""
    st.markdown("**Label these next**")
    number = waiting(workspace)
    st.caption(
        f"{counted(number, 'pair')} wait for votes. This reward model looks at them, and those on which it is least "
        "sure come first for everybody who votes."
        if number
        else "No pair waits for votes. New pairs are sampled from the model that it was built on, scored, and those on "
        "which it is least sure come first for everybody who votes."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number_field(
            NEW_PAIRS, "New pairs", value=0 if number else 100, step=20, key=f"next_new_{run.id}",
            width=140, help="Sampled in addition; 0 only orders those that wait.",
        )  # fmt: skip
        st.button(
            "Send to the voters", icon=":material/low_priority:", key=f"next_{run.id}", on_click=_send, args=(run.id,)
        )
    problem(PLACE)


def _send(run_id: str) -> None:
    """Callback: queue the scoring and set the order."""
    new: Any = st.session_state.get(f"next_new_{run_id}") or 0
    made = attempt(PLACE, label_these_next, services.workspace(), run_id, identity.person() or "", new_pairs=int(new))
    if made:
        report(PLACE, f"{made} is queued; once it has ended, step 3 shows the most telling pairs first.")

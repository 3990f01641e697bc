"""Pausing a run and letting it go on: both buttons stand there, and only the one that makes sense can be pressed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages import services
from pages.components import attempt
from pages.rows import Run
from workbench.runs.run_dir import RunDir
from workbench.runs.steering import pause_asked

BUTTONS = (
    ("Pause", "pause", True, "Writes a checkpoint and waits; nothing is lost."),
    ("Go on", "play_arrow", False, "Ends a pause."),
)


def pause_buttons(run: Run) -> str:
    """Draw the two buttons into the present container; what is refused is kept for ``problem("steer_RUN")``.

    Returns:
        What the run is about to do, as a sentence; empty where it has followed already.
    """
    asked = pause_wanted(run)
    for label, icon, pause, help_text in BUTTONS:
        st.button(
            label,
            icon=f":material/{icon}:",
            key=f"steer_{label}_{run.id}",
            on_click=steer,
            args=(f"steer_{run.id}", run.id, {"pause": pause}),
            disabled=pause == asked,
            help=help_text,
        )
    if asked == (run.phase == "paused"):
        return ""
    return "It pauses after its present step." if asked else "It goes on in a moment."


def pause_wanted(run: Run) -> bool:
    """Whether it was told to pause, by a person or by its own alarm.

    What was asked for counts, not the phase: a run follows at its next step only, and a click must be seen at once.
    """
    return pause_asked(RunDir(services.workspace().root / run.directory))


def steer(place: str, run_id: str, wanted: Mapping[str, Any]) -> None:
    """Callback: write wishes where the run reads them; what is refused is kept for ``problem(place)``."""
    attempt(place, services.supervisor().steer, run_id, **wanted)

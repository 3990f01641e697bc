"""What the PPO page draws, read once for all who watch: shared between sessions until the run says something new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import streamlit as st

from pages import services
from pages.rows import Run
from workbench.diagnosis.examination import Examination, examine_run
from workbench.launch.ppo import checkpoint_steps

if TYPE_CHECKING:
    import pandas as pd

Measured: TypeAlias = "Mapping[str, pd.DataFrame]"
Moment: TypeAlias = tuple[str, str, str]
POINTS = 300
"""At most so many points of a curve are drawn; longer ones are thinned in the database."""
TUNING = ("ppo", "dpo", "rloo")
"""Kinds of runs that the page shows beside each other."""


def tuning_runs() -> list[Any]:
    """PPO, DPO and RLOO runs, the newest first."""
    return [run for run in services.workspace().runs.list() if run.kind in TUNING]


def series(run: Run, names: Sequence[str]) -> Measured:
    """Each metric's rows of step and value, none where it was not measured. One for all sessions: to be read only."""
    return _series(*moment(run), tuple(names))


def examination(run: Run) -> Examination:
    """What the doctor says now."""
    return _examination(*moment(run))


def checkpoints(run: Run) -> list[int]:
    """After which updates a run has complete checkpoints."""
    return checkpoint_steps(services.workspace(), services.workspace().runs.get(run.id))


def moment(run: Run) -> Moment:
    """Where and which run, and how much of its events was taken up: the same moment gives the same numbers."""
    offset = getattr(run, "event_offset", 0)
    return str(services.workspace().root), run.id, f"{run.status} {offset} {run.done}"


@st.cache_resource(max_entries=48, ttl=600, show_spinner=False)
def _series(root: str, run_id: str, moment: str, names: tuple[str, ...]) -> Measured:
    del root, moment
    frame = services.workspace().metrics.series(run_id, names, max_points=POINTS)
    return {name: frame[frame["name"] == name] for name in names}


@st.cache_resource(max_entries=24, ttl=20, show_spinner=False)
def _examination(root: str, run_id: str, moment: str) -> Examination:
    del root, moment
    workspace = services.workspace()
    run = workspace.runs.get(run_id)
    return examine_run(workspace, run, checkpoint_steps(workspace, run))


def newest(measured: Measured, name: str) -> float | None:
    """Its last value, None where there is none."""
    rows = measured[name]
    return float(rows["value"].iloc[-1]) if len(rows) else None

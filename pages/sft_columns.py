"""Who answered the held-out prompts: the columns of the comparison, read from what was kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages import services
from pages.components_runs import find_run
from workbench.evaluation.additive import Difference, paired_difference
from workbench.evaluation.comparing import Answered, Figure, additive_of, aligned, figure_of, groups
from workbench.evaluation.comparing import Part as Part
from workbench.evaluation.measures import MEASURES
from workbench.evaluation.retrieval import RETRIEVAL

NEAREST = "Nearest demonstration"


@dataclass(frozen=True, slots=True)
class Who:
    """One column: a model as it answered in one run."""

    run_id: str
    model_id: str
    label: str


def columns_of(run_id: str, others: Sequence[str] = ()) -> list[Who]:
    """The start model, the run's own model, those of other runs, and the baseline of the nearest demonstration."""
    run = find_run(run_id)
    before = str((run.config if run else {}).get("model_id", "base"))
    found = {row.model_id for row in _answers(run_id)}
    columns = [Who(run_id, before, f"Before ({before})")] if before in found else []
    if run_id in found:
        columns.append(Who(run_id, run_id, f"After SFT ({run_id})"))
    columns += [Who(run_id, other, other) for other in sorted(found - {before, run_id, RETRIEVAL})]
    columns += [Who(other, other, other) for other in others]
    if RETRIEVAL in found:
        columns.append(Who(run_id, RETRIEVAL, NEAREST))
    return columns


def rows_of(columns: Sequence[Who]) -> dict[str, list[Answered]]:
    """The answers of each column by its label, to the prompts that all of them answered, in one order."""
    return aligned({who.label: [r for r in _answers(who.run_id) if r.model_id == who.model_id] for who in columns})


def told(rows: dict[str, list[Answered]]) -> list[Answered]:
    """A row for each prompt, of a run that tells what kind of prompt it is; runs of an earlier version do not."""
    return [
        next((row for row in answered if row.held_out), answered[0]) for answered in zip(*rows.values(), strict=True)
    ]


def _answers(run_id: str) -> list[Answered]:
    return list(services.workspace().answers.list(run_id=run_id))


@st.cache_data(show_spinner="Measuring …", max_entries=32)
def figures(columns: tuple[Who, ...], root: str) -> dict[str, dict[str, Figure | None]]:
    """Each measure of each column. ``root`` keeps workspaces apart; answers of a run that has ended never change."""
    del root
    rows = rows_of(columns)
    return {measure: {label: figure_of(measure, answers) for label, answers in rows.items()} for measure in MEASURES}


@st.cache_data(show_spinner="Comparing …", max_entries=32)
def differences(
    columns: tuple[Who, ...], against: str, measures: tuple[str, ...], root: str
) -> dict[str, dict[str, Difference | None]]:
    """How far each column lies above one of them on the same prompts, by measure."""
    del root
    rows = rows_of(columns)
    found: dict[str, dict[str, Difference | None]] = {}
    for measure in measures:
        additive = {label: additive_of(measure, answers) for label, answers in rows.items()}
        first = additive.pop(against)
        found[measure] = {
            label: None if first is None or other is None else paired_difference(first, other)
            for label, other in additive.items()
        }
    return found


@st.cache_data(show_spinner="Measuring …", max_entries=32)
def breakdown(
    columns: tuple[Who, ...], measure: str, part: Part, root: str
) -> list[tuple[str, int, dict[str, Figure | None]]]:
    """A measure by parts of the data: (part, prompts, figure of each column)."""
    del root
    rows = rows_of(columns)
    first = told(rows)
    return [
        (
            name,
            len(places),
            {label: figure_of(measure, [answers[i] for i in places]) for label, answers in rows.items()},
        )
        for name, places in groups(first, part).items()
    ]

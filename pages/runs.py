"""All runs: what was started, with which settings, what became of it; stop, resume, delete."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages import services
from pages.components import ago, duration, empty_state, escaped, header, problem
from pages.components_charts import metric_cards
from pages.components_runs import KINDS, delete_run, find_run, live_run, status_name, status_word
from pages.home_state import LIVE
from pages.metric_words import METRICS
from pages.rows import Run, RunKind
from pages.runs_compare import comparison
from workbench.models.registry import list_models
from workbench.runs.comparing import Dependents, dependents, flat
from workbench.runs.ingest import run_dir_of

ANY = "Any"
LOG_BYTES = 16_000
STATUSES = ("pending", "running", "stopping", "stopped", "interrupted", "failed", "finished")


def page() -> None:
    """Draw the page."""
    header(
        "Runs",
        "list_alt",
        "Everything that was started here: training, pairs and evaluations, with all it takes to repeat it.",
    )
    problem("runs")
    everything = services.workspace().runs.list()
    if not everything:
        empty_state(
            "Nothing has run yet",
            "Each training or generation shows up here, with its settings, progress and log.",
            "list_alt",
            ("home.py", "Home"),
        )
        return
    shown = _found(everything)
    if not shown:
        st.caption("No run matches.")
        return
    _table(shown)
    ids = [run.id for run in shown]
    with st.expander(
        "Compare runs", icon=":material/compare_arrows:", key="runs_compare", on_change="rerun"
    ) as compared:
        if compared.open:
            comparison(ids)
    if st.session_state.get("run") not in ids:
        st.session_state["run"] = ids[0]
    run_id = st.selectbox("Look at", ids, key="run", bind="query-params", width=300)
    _detail(str(run_id))


def _found(everything: Sequence[Run]) -> list[Run]:
    """The runs that the filters leave."""
    with st.container(horizontal=True):
        kind = st.selectbox(
            "Kind", [ANY, *KINDS], key="runs_kind", format_func=lambda kind: KINDS.get(kind, kind), width=180
        )
        status = st.selectbox("State", [ANY, *STATUSES], key="runs_status", format_func=_state_word, width=180)
        words = st.text_input("Search", key="runs_search", placeholder="Id, person, setting or value", width=280)
    return [
        run
        for run in everything
        if kind in (ANY, run.kind) and status in (ANY, run.status) and _matches(run, str(words or ""))
    ]


def _matches(run: Run, words: str) -> bool:
    """Whether every word is in the run's id, person, settings or error."""
    settings = " ".join(f"{name}={value}" for name, value in flat(run.config).items())
    text = f"{run.id} {run.created_by} {settings} {run.error or ''}".casefold()
    return all(word in text for word in words.casefold().split())


def _state_word(status: str) -> str:
    return status if status == ANY else status_name(status)


def _table(runs: list[Any]) -> None:
    frame = pd.DataFrame(
        {
            "Run": [run.id for run in runs],
            "Kind": [KINDS[run.kind] for run in runs],
            "State": [status_word(run) for run in runs],
            "Started by": [run.created_by for run in runs],
            "When": [ago(run.created_at) for run in runs],
            "Took": [_took(run) for run in runs],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        key="runs_table",
        height="content" if len(runs) <= 8 else 320,
        on_select=lambda: _choose([run.id for run in runs]),
        selection_mode="single-row",
        alt="All runs that match",
    )


def _choose(ids: list[str]) -> None:
    """Callback: look at the row that was clicked."""
    selected = st.session_state["runs_table"].selection.rows
    if selected and selected[0] < len(ids):
        st.session_state["run"] = ids[selected[0]]


def _took(run: Run) -> str:
    if run.started_at is None or run.finished_at is None:
        return ""
    return duration((run.finished_at - run.started_at).total_seconds())


# --- one run --------------------------------------------------------------------------------------


def _detail(run_id: str) -> None:
    live_run(run_id)
    run = find_run(run_id)
    if run is None:
        return
    left, right = st.columns([1, 1.25], gap="medium")
    with left:
        _settings(run)
        _lineage(run)
    with right:
        _summary(run)
        _log(run)
    with st.expander(
        "All its curves", icon=":material/show_chart:", key=f"curves_{run.id}", on_change="rerun"
    ) as curves:
        if curves.open:
            _curves(run.id)
    _deletion(run)


def _settings(run: Run) -> None:
    with st.container(border=True):
        st.markdown("**Settings**")
        rows = flat(run.config)
        st.dataframe(
            {"Setting": list(rows), "Value": [str(value) for value in rows.values()]},
            hide_index=True,
            height="content" if len(rows) <= 8 else 320,
            alt="Settings of this run",
        )


def _lineage(run: Run) -> None:
    models = {model.id: model for model in list_models(services.workspace())}
    with st.container(border=True):
        st.markdown("**Where it comes from**")
        named = [run.config.get("model_id"), run.config.get("reward_model_id"), *(run.config.get("model_ids") or ())]
        used = [name for name in named if name]
        if used:
            st.markdown(f"Used {escaped(', '.join(dict.fromkeys(map(str, used))))}")
        if run.id in models:
            st.page_link(
                "lineage.py", label="Its family tree", icon=":material/account_tree:", query_params={"model": run.id}
            )
        heirs = dependents(services.workspace(), run.id).models
        if heirs:
            st.caption(f"Built on it: {escaped(', '.join(heirs))}")


def _summary(run: Run) -> None:
    rows = flat(run.summary)
    if not rows:
        return
    with st.container(border=True):
        st.markdown("**Outcome**")
        values = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in rows.values()]
        st.dataframe({"What": list(rows), "Value": values}, hide_index=True, alt="Outcome of this run")


def _log(run: Run) -> None:
    with st.container(border=True):
        st.markdown("**End of its log**")
        workspace = services.workspace()
        text = log_tail(run_dir_of(workspace, workspace.runs.get(run.id)).log_path)
        if text:
            long = text.count("\n") > 12
            st.code(text, language=None, wrap_lines=True, height=280 if long else "content")
        else:
            st.caption("The log is empty.")


def log_tail(path: Path) -> str:
    """The last part of a text file, from a line's beginning; empty where there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - LOG_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    whole = text if size <= LOG_BYTES else text.partition("\n")[2]
    # A progress bar writes over its own line: what a terminal would show is what it wrote last.
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in whole.split("\n"))


def _curves(run_id: str) -> None:
    frame = services.workspace().metrics.series(run_id, max_points=300)
    names = [name for name in METRICS if (frame["name"] == name).any()]
    if not names:
        st.caption("This run has no curves.")
        return
    metric_cards(frame, [(name,) for name in names], key=f"all_{run_id}")


# --- deleting -------------------------------------------------------------------------------------


def _deletion(run: Run) -> None:
    if run.status in LIVE:
        st.caption("A run can be deleted once it has stopped.")
        return
    if st.button("Delete this run …", icon=":material/delete:", key=f"delete_{run.id}", type="tertiary"):
        _confirm_deletion(run.id, run.kind, dependents(services.workspace(), run.id))


@st.dialog("Delete this run?", icon=":material/delete:")
def _confirm_deletion(run_id: str, kind: RunKind, standing: Dependents) -> None:
    if not standing.removable:
        st.markdown(
            f"**{escaped(run_id)}** cannot be deleted: **{escaped(', '.join(standing.models))}** "
            f"{'was' if len(standing.models) == 1 else 'were'} made with its model. Delete the last of them first."
        )
        if st.button("Close", key="delete_cancelled"):
            st.rerun()
        return
    made = any(model.id == run_id for model in list_models(services.workspace()))
    st.markdown(
        f"**{escaped(run_id)}** ({KINDS[kind]}) goes for good: its folder with checkpoints and log, its curves"
        f"{f', {standing.answers:,} answers and {standing.measures:,} measures' if standing.answers else ''}"
        f"{', and the model it made' if made else ''}. Pairs and votes stay."
    )
    with st.container(horizontal=True):
        if st.button("Delete it", type="primary", icon=":material/delete:", key="delete_confirmed"):
            delete_run(run_id, "runs")
            st.rerun()
        if st.button("Keep it", key="delete_cancelled"):
            st.rerun()


if __name__ == "__main__":
    page()

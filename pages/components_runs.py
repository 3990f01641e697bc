"""One run as a person sees it: its state, how far it is, its live charts, and the buttons that act on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages import services
from pages.components import ago, attempt, duration, escaped, problem, report
from pages.components_charts import metric_cards
from pages.components_steering import pause_wanted, steer
from pages.home_state import LIVE
from pages.rows import Run, RunKind
from workbench.errors import NotFound

RESUMABLE = frozenset({"stopped", "interrupted", "failed"})
REFRESH_SECONDS = 2.0

KINDS = {
    "sft": "SFT",
    "pairs": "Pairs",
    "reward_model": "Reward model",
    "ppo": "PPO",
    "evaluation": "Evaluation",
    "best_of_n": "Best of n",
    "dpo": "DPO",
    "rloo": "RLOO",
    "verdict": "Verdict",
}
_BADGES: dict[str, tuple[str, str, Any]] = {
    "pending": ("Waiting", "schedule", "gray"),
    "running": ("Running", "play_circle", "blue"),
    "paused": ("Paused", "pause_circle", "gray"),
    "stopping": ("Stopping", "pause_circle", "orange"),
    "stopped": ("Stopped", "pause_circle", "orange"),
    "interrupted": ("Interrupted", "bolt", "orange"),
    "failed": ("Failed", "error", "red"),
    "finished": ("Finished", "check_circle", "green"),
}
_EXPLAINED = {
    "pending": "Waiting for its turn: one run trains at a time.",
    "paused": "It waits where it was paused. It holds its memory, and no other run can start.",
    "stopping": "Writing a checkpoint before it leaves.",
    "stopped": "Stopped at a checkpoint. Resuming goes on from there, with the same numbers.",
    "interrupted": "Its process ended without a word (a restart, or too little memory). "
    "Resuming goes on from the last checkpoint.",
}


def status_badge(run: Run) -> None:
    """The run's state as a coloured badge; a run that was told to pause says so, though its process lives."""
    label, icon, colour = _BADGES[_state(run)]
    st.badge(label, icon=f":material/{icon}:", color=colour)


def status_word(run: Run) -> str:
    """The run's state as one word, the badge's."""
    return _BADGES[_state(run)][0]


def status_name(status: str) -> str:
    """A stored state as one word, where it is about no single run."""
    return _BADGES[status][0]


def _state(run: Run) -> str:
    return "paused" if run.status == "running" and run.phase == "paused" else run.status


def find_run(run_id: str) -> Run | None:
    """The run, None where it was deleted."""
    try:
        return services.workspace().runs.get(run_id)
    except NotFound:
        return None


def run_label(run_id: str) -> str:
    """How a run appears in a picker.

    The same at every time: the browser hands back the label that was chosen, and one that has changed since, as a state
    or an age would, is no choice any more; the picker then jumps to its first run.
    """
    run = find_run(run_id)
    return run_id if run is None else f"{run.id} · {run.created_at:%d %b %Y, %H:%M}"


def pick_run(kind: RunKind, key: str) -> str | None:
    """A picker over this kind's runs, newest first; None where there are none.

    ``key`` holds the chosen id in the session, so that a launch can point it at the new run.
    """
    ids = [run.id for run in services.workspace().runs.list(kind=kind)]
    if not ids:
        return None
    if st.session_state.get(key) not in ids:
        st.session_state[key] = ids[0]
    if len(ids) == 1:
        return ids[0]
    chosen = st.selectbox(
        "Run", ids, key=key, format_func=run_label, persist_state="session", label_visibility="collapsed", width=420
    )
    return str(chosen)


def live_run(run_id: str, charts: Sequence[tuple[str, ...]] = (), extra: Callable[[str], None] | None = None) -> None:
    """State, progress, charts and buttons of one run, drawn again every two seconds while it is live.

    Args:
        charts: metrics to draw, as in `metric_cards`.
        extra: draws more below the charts, with the same rhythm.
    """
    run = find_run(run_id)
    if run is None:
        st.caption("This run was deleted.")
        return
    every = REFRESH_SECONDS if run.status in LIVE else None
    st.fragment(_draw_run, run_every=every)(run_id, charts, extra, every is not None)


def _draw_run(
    run_id: str, charts: Sequence[tuple[str, ...]], extra: Callable[[str], None] | None, was_live: bool
) -> None:
    run = find_run(run_id)
    if run is None or (run.status in LIVE) != was_live:
        # The whole page is drawn again: the timer comes or goes, and at the end the result is there.
        st.rerun()
    run_card(run)
    curves(run_id, charts)
    if extra is not None:
        extra(run_id)


def curves(run_id: str, charts: Sequence[tuple[str, ...]]) -> None:
    """The run's metrics as cards, those that it has; a line instead while there are none."""
    if not charts:
        return
    names = [name for names in charts for name in names]
    frame = services.workspace().metrics.series(run_id, names, max_points=300)
    known = set(frame["name"])
    shown = [names for names in charts if known.intersection(names)]
    if shown:
        metric_cards(frame, shown, key=f"chart_{run_id}", columns=min(len(shown), 3))
    else:
        st.caption("The first numbers appear after the first steps.")


def run_card(run: Run) -> None:
    """Name, state, progress, notices and the buttons that fit the state."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{escaped(run.id)}**", width="content")
            status_badge(run)
            st.caption(_when(run), width="stretch")
            _buttons(run)
        _progress(run)
        if run.status == "failed":
            st.error(escaped(run.error or "The run failed; its log says more."), icon=":material/error:")
        elif _state(run) in _EXPLAINED:
            st.caption(_EXPLAINED[_state(run)])
        for notice in services.workspace().notices.list(run.id):
            st.caption(f":material/info: {escaped(notice.message)}")
        problem(f"run_{run.id}")


def _when(run: Run) -> str:
    by = f" by {escaped(run.created_by)}" if run.created_by else ""
    if run.finished_at and run.started_at:
        return f"started {ago(run.started_at)}{by}, took {duration((run.finished_at - run.started_at).total_seconds())}"
    return f"{'started' if run.started_at else 'queued'} {ago(run.started_at or run.created_at)}{by}"


def _progress(run: Run) -> None:
    if run.status not in LIVE or run.status == "pending":
        return
    share = min(max(run.done / run.total, 0.0), 1.0) if run.total else 0.0
    left = f" · about {duration(run.eta_seconds)} left" if run.eta_seconds is not None else ""
    st.progress(share, text=f"{escaped(run.phase or 'starting')} · {share:.0%}{left}")


def _buttons(run: Run) -> None:
    if _state(run) == "paused":
        st.button(
            "Go on",
            icon=":material/play_arrow:",
            type="primary",
            key=f"go_on_{run.id}",
            on_click=steer,
            args=(f"run_{run.id}", run.id, {"pause": False}),
            disabled=not pause_wanted(run),
        )
    if run.status in ("pending", "running"):
        st.button(
            "Stop",
            icon=":material/stop_circle:",
            key=f"stop_{run.id}",
            on_click=stop_run,
            args=(run.id,),
            help="Writes a checkpoint first; the run can be resumed.",
        )
    if run.status in RESUMABLE:
        st.button(
            "Resume",
            icon=":material/play_arrow:",
            type="primary",
            key=f"resume_{run.id}",
            on_click=resume_run,
            args=(run.id,),
        )


def stop_run(run_id: str) -> None:
    """Callback: ask the run to write its checkpoint and leave."""
    attempt(f"run_{run_id}", services.supervisor().stop, run_id)


def resume_run(run_id: str) -> None:
    """Callback: queue the run again, from its last checkpoint."""
    attempt(f"run_{run_id}", services.supervisor().resume, run_id)


def delete_run(run_id: str, place: str) -> None:
    """Callback: remove the run's rows and folder."""

    def delete() -> bool:
        services.supervisor().delete(run_id)
        return True

    if attempt(place, delete):
        report(place, f"{run_id} was deleted.")


def running_now() -> Sequence[Run]:
    """Runs that wait, run or stop, oldest first."""
    rows = [run for run in services.workspace().runs.list() if run.status in LIVE]
    return sorted(rows, key=lambda run: run.created_at)

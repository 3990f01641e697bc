"""All curves of a tuning run: by group, smoothed, on a log scale, over those of others, with what was done to it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages import ppo_data, services
from pages.components import escaped
from pages.components_charts import show_figure
from pages.components_runs import REFRESH_SECONDS, find_run
from pages.home_state import LIVE
from pages.metric_words import METRICS, written
from pages.palette import theme
from pages.ppo_charts import Mark, Style, curves, reward_picture
from workbench.colours import Theme

Charts = tuple[tuple[str, ...], ...]
REWARD = ("objective/rlhf_reward", "objective/scores")
GROUPS: dict[str, Charts] = {
    "What matters": (
        ("objective/scores", "eval/score"),
        ("objective/kl", "eval/kl"),
        ("eval/win_rate",),
        ("response/length", "eval/length"),
        ("eval/embedding_similarity",),
        ("eval/repetition",),
    ),
    "Policy": (
        ("objective/entropy",),
        ("loss/policy", "train/loss"),
        ("loss/demonstrations",),
        ("policy/clipfrac",),
        ("policy/approx_kl",),
        ("policy/ratio",),
        ("policy/grad_norm", "train/grad_norm"),
    ),
    "Value and reward": (
        ("loss/value",),
        ("value/explained_variance",),
        ("value/clipfrac",),
        ("eval/reward",),
        ("objective/score_disagreement",),
        ("eval/score_minimum",),
        ("train/margin",),
        ("train/accuracy", "eval/accuracy"),
    ),
    "Responses and speed": (
        ("response/eos_rate",),
        ("throughput/tokens_per_second",),
        ("throughput/episodes",),
        ("seconds/generate",),
        ("seconds/update",),
        ("seconds/score", "seconds/reference"),
    ),
    "Settings over time": (
        ("learning_rate", "train/learning_rate"),
        ("objective/kl_coef",),
        ("policy/optimizer_steps",),
        ("policy/stopped_early",),
    ),
}
COLUMNS = 3


def curves_tab(run_id: str) -> None:
    """The controls, and the charts below them with the rhythm of the run."""
    run = find_run(run_id)
    if run is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        group = st.segmented_control(
            "Curves", list(GROUPS), default="What matters", required=True, key="ppo_group", label_visibility="collapsed"
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        smoothing = st.slider(
            "Smoothing", 0.0, 0.95, 0.0, 0.05, key="ppo_smoothing", width=200, help="Exponential moving average."
        )
        log = st.toggle("Log scale", key="ppo_log", help="Values at or below 0 are not drawn then.")
        others = [other.id for other in ppo_data.tuning_runs() if other.id != run_id]
        over = st.multiselect(
            "Draw over it", others, key="ppo_over", placeholder="Other runs", max_selections=3, width=320
        )
    every = REFRESH_SECONDS if run.status in LIVE else None
    style = Style(float(smoothing), bool(log), 190)
    st.fragment(_draw, run_every=every)(run_id, tuple(over), str(group or "What matters"), style)


def _draw(run_id: str, over: tuple[str, ...], group: str, style: Style) -> None:
    runs = [run for id in (run_id, *over) if (run := find_run(id)) is not None]
    moments = tuple(ppo_data.moment(run) for run in runs)
    _charts(run_id, moments, group, style, tuple(marks_of(run_id)), theme())


@st.cache_resource(max_entries=48, ttl=60, show_spinner=False)
def _charts(
    run_id: str,
    moments: tuple[ppo_data.Moment, ...],
    group: str,
    style: Style,
    marks: tuple[Mark, ...],
    scheme: Theme,
) -> None:
    """The charts of a group: drawn once and played back to all who see the same moment alike.

    Making a figure and encoding it takes longer than everything else about a refresh together.
    """
    del scheme  # what the colours depend on
    runs = [run for _, id, _ in moments if (run := find_run(id)) is not None]
    charts = GROUPS[group]
    names = tuple(dict.fromkeys([*REWARD, *(name for chart in charts for name in chart)]))
    series = {run.id: ppo_data.series(run, names) for run in runs}
    known = {name for measured in series.values() for name, rows in measured.items() if len(rows)}
    shown = [chart for chart in charts if known.intersection(chart)]
    if not shown:
        st.caption("No numbers of this kind yet.")
        return
    if group == "What matters" and set(series) == {run_id} and {*REWARD} <= known:
        _reward_card(series[run_id], style, marks)
    with st.grid(min(COLUMNS, len(shown)), min_column_width=270, gap="small"):
        for chart in shown:
            _card(run_id, series, chart, style, marks)
    if marks:
        st.caption("Dotted lines: " + " · ".join(f"update {mark.step}: {escaped(mark.words)}" for mark in marks))


def marks_of(run_id: str) -> list[Mark]:
    """What people did to the run while it went on."""
    words = {"kl_coef": "KL coefficient", "learning_rate": "learning rate"}
    marks = []
    for row in services.workspace().interventions.list(run_id):
        if row.setting == "pause":
            marks.append(Mark(row.step, "paused" if row.after else "went on"))
        else:
            marks.append(Mark(row.step, f"{words.get(row.setting, row.setting)} {row.before:g} → {row.after:g}"))
    return marks


def _reward_card(measured: ppo_data.Measured, style: Style, marks: tuple[Mark, ...]) -> None:
    with st.container(border=True, gap="xsmall"):
        score, reward = (ppo_data.newest(measured, name) for name in ("objective/scores", "objective/rlhf_reward"))
        st.markdown("**Reward = score − KL penalty**")
        if score is not None and reward is not None:
            st.caption(f"Now {reward:.2f} = {score:.2f} − {score - reward:.2f}. The upper band is what distance costs.")
        figure = reward_picture(measured, style, marks)
        show_figure(figure, key="ppo_reward", alt="Reward and KL penalty, which add up to the score")


def _card(
    run_id: str,
    series: Mapping[str, ppo_data.Measured],
    chart: tuple[str, ...],
    style: Style,
    marks: tuple[Mark, ...],
) -> None:
    lead = next((name for name in chart if any(len(measured[name]) for measured in series.values())), chart[0])
    words = METRICS[lead]
    drawn = chart if lead == chart[0] else tuple(name for name in chart if name != chart[0])
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(f"**{words.title}**", width="content")
            value = ppo_data.newest(series[run_id], lead) if run_id in series else None
            st.markdown(f"**{written(words, value)}**", width="content")
        figure = curves(series, drawn, style, marks)
        show_figure(figure, key=f"ppo_curve_{chart[0]}", alt=f"{words.title} by update")
        st.caption(words.meaning)

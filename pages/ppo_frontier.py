"""The frontier: score and true measure against the distance from the SFT model, beside best-of-n."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages import ppo_data, services
from pages.components import escaped
from pages.components_charts import show_figure
from pages.components_runs import find_run
from pages.ppo_charts_runs import frontier
from workbench.diagnosis.frontier import BestOfN, PathPoint, best_of_n_curve, path_of, turning_point


def frontier_tab(run_id: str) -> None:
    """Two charts over the same distance: what the reward model says, and what it stands for."""
    run = find_run(run_id)
    if run is None:
        return
    workspace = services.workspace()
    others = [other.id for other in ppo_data.tuning_runs() if other.id != run_id]
    over = st.multiselect("Beside it", others, key="frontier_over", placeholder="Other runs", width=320)
    paths = {id: path_of(workspace, id) for id in (run_id, *over)}
    if not paths[run_id]:
        st.caption(
            "The path appears with the first evaluations on validation prompts. How often they come is set under New "
            "run, Advanced."
        )
        return
    best, alarm = best_of_n_curve(workspace, workspace.runs.get(run_id)), ppo_data.examination(run).alarm
    _charts(paths, best, turning_point(paths[run_id], alarm))
    if alarm is not None:
        st.warning(
            f"Over-optimisation: {escaped(alarm.sentence)} The checkpoint near update {alarm.before} may be the "
            "better one.",
            icon=":material/trending_down:",
        )
    st.caption(
        "Up and to the left is better: more score for less distance. Where the path rises on the left and turns down "
        "on the right, the policy exploits the reward model (Gao et al. 2023). Single evaluations vary by chance: the "
        "alarm under *Doctor* says when it is more than that."
    )
    if not best:
        st.caption(
            f"No best-of-n curve: the run of {escaped(run.config.get('reward_model_id', 'the reward model'))} did not "
            "measure one."
        )


def _charts(paths: Mapping[str, Sequence[PathPoint]], best: Sequence[BestOfN], turning: PathPoint | None) -> None:
    left, right = st.columns(2, gap="medium")
    for column, measure, words in (
        (left, "score", "What the reward model says"),
        (right, "similarity", "What it stands for"),
    ):
        with column, st.container(border=True, gap="xsmall"):
            st.markdown(f"**{words}**")
            figure = frontier(paths, best, measure, turning)
            if figure.data:
                show_figure(figure, key=f"frontier_{measure}", alt=f"{words} against KL")
            else:
                st.caption("Not measured in these runs: it takes validation prompts with human responses.")

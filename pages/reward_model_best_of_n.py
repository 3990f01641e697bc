"""Best of n: what choosing among the SFT model's own responses by this reward model gains, against its KL."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages import identity, services
from pages.components import attempt, problem, report
from pages.components_charts import colours, show_figure
from pages.components_numbers import number_field
from pages.rows import Run
from workbench.launch.reward_model import launch_best_of_n
from workbench.reward_model.best_of_n import BestOfNConfig

PLACE = "best_of_n"


def best_of_n(run: Run) -> None:
    """The curve where it was measured, and a button that measures it."""
    points: list[dict[str, Any]] = run.summary.get("best_of_n") or []
    if points:
        _chart(points, run.id)
        st.caption(sentence(points))
    else:
        st.markdown(
            "Let the model that this was built on answer held-out prompts sixteen times, and keep the response that "
            "scores best of 1, 2, 4, 8 or all 16. That costs no training and shows **what PPO has to beat**. Where the "
            "score climbs and likeness to the human answers falls, the reward model is being exploited."
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number_field(
            BestOfNConfig.model_fields["prompts"],
            "Held-out prompts",
            value=48,
            step=8,
            key=f"best_prompts_{run.id}",
            width=160,
        )
        st.button(
            "Measure again" if points else "Measure",
            icon=":material/leaderboard:",
            key=f"best_{run.id}",
            on_click=_start,
            args=(run.id,),
        )
    problem(PLACE)


def sentence(points: list[dict[str, Any]]) -> str:
    """What the curve says."""
    first, last = points[0], points[-1]
    gain = last["score"] - first["score"]
    said = (
        f"The best of {last['n']} scores {gain:+.2f} above a single response, at a KL of {last['kl']:.2f} nats: PPO is "
        "worth its trouble where it gains more at that distance. "
    )
    fall = last["embedding_similarity"] - first["embedding_similarity"]
    if last["embedding_similarity_ci"][1] < first["embedding_similarity"]:
        return said + f"Likeness to the human answers falls by {-fall:.2f}: the score is pursued at their cost."
    if last["embedding_similarity_ci"][0] > first["embedding_similarity"]:
        return said + f"Likeness to the human answers rises by {fall:.2f} with it."
    return said + "Likeness to the human answers stays where it was."


def _chart(points: list[dict[str, Any]], run_id: str) -> None:
    import plotly.graph_objects as go

    titles = {"score": "Score", "embedding_similarity": "Likeness to the human answers"}
    columns = st.columns(2, gap="large")
    for column, (name, title), colour in zip(columns, titles.items(), colours(), strict=False):
        figure = go.Figure()
        figure.add_scatter(
            x=[point["kl"] for point in points],
            y=[point[name] for point in points],
            mode="lines+markers+text",
            text=[f"n = {point['n']}" for point in points],
            textposition="top center",
            cliponaxis=False,
            line={"color": colour, "width": 2},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [point[f"{name}_ci"][1] - point[name] for point in points],
                "arrayminus": [point[name] - point[f"{name}_ci"][0] for point in points],
                "color": "#94a3b8",
            },
            hovertemplate="KL %{x:.2f}: %{y:.3f}<extra></extra>",
        )
        figure.update_layout(height=300, margin={"l": 8, "r": 16, "t": 24, "b": 8}, showlegend=False)
        figure.update_xaxes(title="KL to the model it samples from, nats")
        figure.update_yaxes(title=title, automargin=True)
        with column:
            show_figure(figure, key=f"best_{name}_{run_id}", alt=f"{title} against KL")


def _start(run_id: str) -> None:
    """Callback: queue the run."""

    def launch() -> str:
        config = BestOfNConfig(reward_model_id=run_id, prompts=int(st.session_state[f"best_prompts_{run_id}"]))
        return launch_best_of_n(services.workspace(), config, identity.person() or "")

    made = attempt(PLACE, launch)
    if made:
        report(PLACE, f"{made} is queued; the curve appears here once it has ended. See Runs for its progress.")

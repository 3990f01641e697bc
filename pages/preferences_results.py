"""What the votes say: how far annotators agree, and which model they prefer. People and simulated ones apart."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages import services
from pages.components import counted, empty_state
from workbench.preferences.agreement import agreement
from workbench.preferences.leaderboard import leaderboard
from workbench.reward_model.config import VoteSource

SOURCES: dict[VoteSource, str] = {"people": "People's votes", "simulated": "Simulated votes"}


def results() -> None:
    """The Agreement and leaderboard part of the page."""
    votes = services.workspace().votes
    counts: dict[VoteSource, int] = {"people": votes.count(simulated=False), "simulated": votes.count(simulated=True)}
    if not any(counts.values()):
        empty_state(
            "No votes yet",
            "Once people have voted you see here whether they agree with each other, and which model they prefer.",
            "how_to_vote",
        )
        return
    source: VoteSource = "people"
    options: list[VoteSource] = ["people", "simulated"]
    if counts["simulated"]:
        source = st.segmented_control(
            "Whose votes",
            options,
            key="results_source",
            default=options[0 if counts["people"] else 1],
            required=True,
            format_func=lambda name: f"{SOURCES[name]} ({counts[name]:,})",
            label_visibility="collapsed",
        )
    if source == "simulated":
        st.badge("Simulated, not people", icon=":material/smart_toy:", color="violet")
    if not counts[source]:
        st.caption("No votes of this kind yet.")
        return
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        _agreement(agreement(services.workspace(), source=source))
    with right, st.container(border=True, height="stretch"):
        _leaderboard(source)


def _agreement(found: dict[str, Any]) -> None:
    st.markdown("**Do annotators agree?**")
    st.caption(
        f"{counted(found['votes'], 'vote')} on {counted(found['pairs'], 'pair')} "
        f"by {counted(found['annotators'], 'annotator')}"
    )
    alpha = found["krippendorff_alpha"]
    if alpha is None:
        st.markdown("That cannot be said yet: it takes pairs on which at least two annotators have voted.")
    else:
        st.metric("Krippendorff's alpha", f"{alpha:.2f}", help="1 is perfect agreement, 0 is chance.")
        st.markdown(_meaning(alpha))
    majority = found["majority"]
    st.caption(
        f"By majority: first model's response {majority['a']:,}, second's {majority['b']:,}, ties {majority['tie']:,}."
    )
    pairwise = found["cohen_kappa"]
    if pairwise:
        with st.expander("Each two annotators (Cohen's kappa)"):
            st.dataframe(
                {
                    "Annotators": [names.replace("|", " and ") for names in pairwise],
                    "Kappa": [None if kappa is None else round(kappa, 2) for kappa in pairwise.values()],
                },
                hide_index=True,
                alt="Agreement of each two annotators",
            )


def _meaning(alpha: float) -> str:
    if alpha >= 0.67:
        return "They agree well: a reward model has something clear to learn."
    if alpha >= 0.33:
        return "They agree in part. That is usual for matters of taste; more votes per pair help."
    return "They hardly agree more than chance would. Talk about what a good response is before you train on this."


def _leaderboard(source: VoteSource) -> None:
    st.markdown("**Which model do they prefer?**")
    rows = leaderboard(services.workspace(), source=source)
    if not rows:
        st.caption(
            "A leaderboard needs votes on pairs of two different models. Under Generate pairs, choose another model "
            "for response B."
        )
        return
    st.dataframe(
        pd.DataFrame(
            {
                "Model": [row.model for row in rows],
                "Strength": [row.strength for row in rows],
                "95% interval": ["–" if row.ci is None else f"{row.ci[0]:+.2f} to {row.ci[1]:+.2f}" for row in rows],
                "Votes": [row.votes for row in rows],
            }
        ),
        hide_index=True,
        column_config={"Strength": st.column_config.NumberColumn(format="%+.2f")},
        alt="Models by strength",
    )
    st.caption(
        "Bradley–Terry strength: 0 is average. A lead of 1.1 means preferred three times out of four. Where intervals "
        "overlap widely, the votes do not tell the two apart."
    )

"""Whose votes a part of the page is about: people's or simulated ones, never both."""

from __future__ import annotations

import streamlit as st

from pages import services
from pages.components import empty_state
from workbench.reward_model.config import VoteSource

SOURCES: dict[VoteSource, str] = {"people": "People's votes", "simulated": "Simulated votes"}


def chosen_source(key: str, purpose: str) -> VoteSource | None:
    """The source to show; None, with a word about it, where it has no votes."""
    votes = services.workspace().votes
    counts: dict[VoteSource, int] = {"people": votes.count(simulated=False), "simulated": votes.count(simulated=True)}
    excluded = services.workspace().exclusions.excluded_votes
    if not any(counts.values()) and not excluded(False) + excluded(True):
        empty_state("No votes yet", purpose, "how_to_vote")
        return None
    source: VoteSource = "people"
    options: list[VoteSource] = ["people", "simulated"]
    if counts["simulated"]:
        source = st.segmented_control(
            "Whose votes",
            options,
            key=key,
            default=options[0 if counts["people"] else 1],
            required=True,
            format_func=lambda name: f"{SOURCES[name]} ({counts[name]:,})",
            label_visibility="collapsed",
        )
    if source == "simulated":
        st.badge("Simulated, not people", icon=":material/smart_toy:", color="violet")
    if not counts[source]:
        st.caption("No votes of this kind count.")
    return source


def bounds(interval: tuple[float, float] | None, form: str = ".2f") -> str:
    """An interval in words; empty where there is none."""
    return "" if interval is None else f"{interval[0]:{form}} to {interval[1]:{form}}"

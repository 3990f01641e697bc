"""What the votes say together: how far annotators agree, where they differ, and whether more votes would help."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages import services
from pages.components import counted
from pages.preferences_disputes import disputes
from pages.preferences_outlook import how_many_more
from pages.preferences_source import bounds, chosen_source
from workbench.preferences.agreement import agreement


def results() -> None:
    """The Agreement part of the page."""
    source = chosen_source(
        "results_source",
        "Once people have voted you see here whether they agree with each other, and where they do not.",
    )
    if source is None:
        return
    found = agreement(services.workspace(), source=source)
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        _agreement(found)
    with right, st.container(border=True, height="stretch"):
        how_many_more(source)
    if source == "people":
        disputes()


def _agreement(found: dict[str, Any]) -> None:
    st.markdown("**Do annotators agree?**")
    said = (
        f"{counted(found['votes'], 'vote')} on {counted(found['pairs'], 'pair')} "
        f"by {counted(found['annotators'], 'annotator')}"
    )
    st.caption(said + (f"; {counted(found['excluded'], 'vote')} left out by rule" if found["excluded"] else ""))
    alpha, ci = found["krippendorff_alpha"], found["ci"]
    if alpha is None:
        st.markdown("That cannot be said yet: it takes pairs on which at least two annotators have voted.")
    else:
        with st.grid(2, min_column_width=150):
            _coefficient("Krippendorff's alpha", alpha, ci["krippendorff_alpha"])
            _coefficient("Fleiss' kappa", found["fleiss_kappa"], ci["fleiss_kappa"])
        st.markdown(_meaning(alpha, ci["krippendorff_alpha"]))
    majority = found["majority"]
    st.caption(f"By majority: response A {majority['a']:,}, response B {majority['b']:,}, ties {majority['tie']:,}.")
    _tables(found)


def _coefficient(label: str, value: float | None, interval: tuple[float, float] | None) -> None:
    with st.container(gap=None):
        st.metric(label, "–" if value is None else f"{value:.2f}", help="1 is perfect agreement, 0 is chance.")
        if interval is not None:
            st.caption(f"95%: {bounds(interval)}")


def _tables(found: dict[str, Any]) -> None:
    pairwise, ci = found["cohen_kappa"], found["ci"]["cohen_kappa"]
    if pairwise:
        with st.expander("Each two annotators (Cohen's kappa)"):
            names = list(pairwise)
            _table("Annotators", [name.replace("|", " and ") for name in names], pairwise, ci, names)
    tags = found["by_tag"]
    if tags:
        with st.expander("By tag (Krippendorff's alpha)"):
            values = {tag: row["krippendorff_alpha"] for tag, row in tags.items()}
            intervals = {tag: row["ci"] for tag, row in tags.items()}
            shared = [row["pairs"] for row in tags.values()]
            _table("Tag", list(tags), values, intervals, list(tags), {"Shared pairs": shared})


def _table(
    head: str, shown: list[str], values: Any, intervals: Any, keys: list[str], more: dict[str, Any] | None = None
) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                head: shown,
                "Agreement": [values[key] for key in keys],
                "95% interval": [bounds(intervals[key]) for key in keys],
                **(more or {}),
            }
        ),
        hide_index=True,
        column_config={"Agreement": st.column_config.NumberColumn(format="%.2f")},
        alt=f"Agreement by {head.lower()}",
    )


def _meaning(alpha: float, interval: tuple[float, float] | None) -> str:
    if interval is not None and interval[1] - interval[0] > 0.5:
        return "Too few shared pairs to say much: the interval is wide. Let more people vote on the same pairs."
    if alpha >= 0.67:
        return "They agree well: a reward model has something clear to learn."
    if alpha >= 0.33:
        return "They agree in part. That is usual for matters of taste; more votes per pair help."
    return "They hardly agree more than chance would. Talk about what a good response is before you train on this."

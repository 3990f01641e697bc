"""Which model annotators prefer: strengths with intervals, win matrix, how many votes are missing."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages import services
from pages.components import escaped
from pages.preferences_source import bounds, chosen_source
from workbench.preferences.leaderboard import Standing, separation_sentence, standing


def models() -> None:
    """The Leaderboard part of the page."""
    source = chosen_source(
        "leaderboard_source", "Once people have voted on pairs of two different models you see here which they prefer."
    )
    if source is None:
        return
    controlled = st.toggle(
        "At equal length",
        key="leaderboard_length",
        help="Longer responses often win because they are longer. This takes the effect of length out.",
    )
    with st.spinner("Drawing the pairs again and again for the intervals …"):
        found = standing(services.workspace(), source=source, length_controlled=controlled)
    if not found.rows:
        st.caption(
            "A leaderboard needs votes on pairs of two different models. Under Generate pairs, choose another model "
            "for response B."
        )
        return
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        _strengths(found)
    with right, st.container(border=True, height="stretch"):
        _matrix(found)


def _strengths(found: Standing) -> None:
    st.markdown("**Which model do they prefer?**")
    st.dataframe(
        pd.DataFrame(
            {
                "Model": [row.model for row in found.rows],
                "Strength": [row.strength for row in found.rows],
                "95% interval": [bounds(row.ci, "+.2f") for row in found.rows],
                "Votes": [row.votes for row in found.rows],
            }
        ),
        hide_index=True,
        column_config={"Strength": st.column_config.NumberColumn(format="%+.2f")},
        alt="Models by strength",
    )
    if found.separation is not None:
        st.markdown(escaped(separation_sentence(found.separation)))
    if found.length_effect is not None:
        value, interval = found.length_effect
        st.markdown(
            f"Length alone: {value:+.2f} per standard deviation of the difference in length "
            f"(95%: {bounds(interval, '+.2f')}). "
            + ("Longer responses win more." if interval[0] > 0 else "")
            + ("Shorter responses win more." if interval[1] < 0 else "")
        )
    st.caption(
        "Bradley–Terry strength: 0 is average; a lead of 1.1 means preferred three times out of four. A tie, and 'both "
        "are bad', is half a win for each. Only pairs of two different models count."
    )


def _matrix(found: Standing) -> None:
    st.markdown("**Who wins against whom?**")
    names = [row.model for row in found.rows]
    rates = {(rate.model, rate.other): rate for rate in found.win_rates}
    table = pd.DataFrame(
        {
            other: [
                f"{rates[model, other].rate:.0%} of {rates[model, other].votes}" if (model, other) in rates else ""
                for model in names
            ]
            for other in names
        },
        index=pd.Index(names, name="preferred to →"),
    )
    st.dataframe(table, alt="How often each model was preferred to each other")
    st.caption("Read along a row: how often that model was preferred to the one above, and in how many votes.")

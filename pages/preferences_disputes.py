"""Pairs on which people's votes differ: read, discuss, settle."""

from __future__ import annotations

import streamlit as st

from pages import identity, services
from pages.components import attempt, counted, escaped, plain_text, problem, report
from workbench.errors import InvalidInput
from workbench.preferences.disputes import Dispute, disputed_pairs, open_again, settle

WORDS = {"a": "A is better", "b": "B is better", "tie": "about the same"}
PER_PAGE = 5


def disputes() -> None:
    """The list, the most even first; settled ones at the end."""
    found = disputed_pairs(services.workspace())
    st.subheader("Where people disagree", anchor=False)
    if not found:
        st.caption("No pair has votes that differ.")
        return
    open_ones = sum(dispute.settlement is None for dispute in found)
    st.caption(
        f"{counted(open_ones, 'pair')} to discuss, {len(found) - open_ones:,} settled. What you settle on decides the "
        "pair for training; the votes stay as they are, and agreement is still computed from them."
    )
    problem("dispute")
    identity.asked("What you settle carries your name.")
    pages = -(-len(found) // PER_PAGE)
    place = st.container()
    page = st.pagination(pages, key="dispute_page", max_visible_pages=5) if pages > 1 else 1
    with place:
        for dispute in found[(page - 1) * PER_PAGE : page * PER_PAGE]:
            _dispute(dispute)


def _dispute(dispute: Dispute) -> None:
    pair = dispute.pair
    with st.container(border=True):
        plain_text(pair.prompt, "Prompt")
        left, right = st.columns(2, gap="medium")
        with left:
            plain_text(pair.response_a, "Response A")
        with right:
            plain_text(pair.response_b, "Response B")
        said = []
        for name, vote in dispute.votes:
            word = "both are bad" if vote.both_bad else WORDS[vote.choice]
            much = "much better: " if vote.strength else ""
            why = ", ".join([*vote.reasons, *([vote.comment] if vote.comment else [])])
            said.append(f"{escaped(name)}: {much}{word}" + (f" ({escaped(why)})" if why else ""))
        st.caption(" · ".join(said))
        if dispute.settlement is not None:
            _settled(dispute)
        else:
            _to_settle(pair.id)


def _settled(dispute: Dispute) -> None:
    row = dispute.settlement
    if row is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        comment = f": {escaped(row.comment)}" if row.comment else ""
        st.markdown(f":material/gavel: Settled by {escaped(row.settled_by)}, {WORDS[row.choice]}{comment}")
        st.button("Open again", key=f"reopen_{row.pair_id}", type="tertiary", on_click=_reopen, args=(row.pair_id,))


def _to_settle(pair_id: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Settle on",
            list(WORDS),
            key=f"settle_choice_{pair_id}",
            format_func=lambda choice: WORDS[choice].capitalize(),
        )
        st.text_input("Why (optional)", key=f"settle_comment_{pair_id}", width=320)
        st.button(
            "Settle",
            key=f"settle_{pair_id}",
            icon=":material/gavel:",
            on_click=_settle,
            args=(pair_id,),
            disabled=identity.person() is None,
        )
    problem(_place(pair_id))


def _settle(pair_id: str) -> None:
    def store() -> bool:
        choice = st.session_state.get(f"settle_choice_{pair_id}")
        if choice is None:
            raise InvalidInput("Choose what you settle on first.")
        comment = st.session_state.get(f"settle_comment_{pair_id}") or ""
        settle(services.workspace(), pair_id, choice, comment, _who())
        return True

    if attempt(_place(pair_id), store):
        report("dispute", "Settled. It can be opened again at the end of the list.")


def _place(pair_id: str) -> str:
    """Where a refusal is shown: beside the pair that it is about."""
    return f"dispute_{pair_id}"


def _reopen(pair_id: str) -> None:
    attempt("dispute", lambda: open_again(services.workspace(), pair_id, _who()))


def _who() -> str:
    name = identity.person()
    if name is None:
        raise InvalidInput("Say who you are first: choose your name in the sidebar.")
    return name

"""The family tree the other way: which runs and models a demonstration, a vote or a person went into."""

from __future__ import annotations

import streamlit as st

from pages import services
from pages.components import attempt, counted, escaped, report
from pages.identity import asked as name_asked
from workbench.models.uses import (
    Traces,
    Use,
    delete_of_person,
    models_of,
    people,
    traces_of,
    uses_of_demonstrations,
    uses_of_votes,
    votes_with,
)


def from_row() -> None:
    """What a demonstration or a vote went into."""
    ws = services.workspace()
    what = st.segmented_control("From", ("A demonstration", "A vote"), default="A demonstration", key="lineage_from")
    if what == "A vote":
        words = st.text_input("Vote", key="lineage_vote", placeholder="Words of its prompt, or its id", width=420)
        votes = votes_with(ws, str(words or "").strip())
        if not votes:
            st.caption("No vote is on a prompt with these words.")
            return
        vote_id = st.selectbox("Which one", list(votes), format_func=votes.__getitem__, key="lineage_which_vote")
        _uses(uses_of_votes(ws, [str(vote_id)]))
        return
    search = st.text_input("Demonstration", key="lineage_search", placeholder="Words of its prompt", width=420)
    rows = ws.demonstrations.list(search=search or None, limit=50)
    if not rows:
        st.caption("No demonstration has these words.")
        return
    prompts = {row.id: row.prompt for row in rows}
    chosen = st.selectbox("Which one", list(prompts), format_func=prompts.__getitem__, key="lineage_demonstration")
    _uses(uses_of_demonstrations(ws, [str(chosen)]))


def from_person() -> None:
    """What a person contributed, what it went into, and its deletion."""
    ws = services.workspace()
    names = people(ws)
    if not names:
        st.caption("Nobody has written or voted yet.")
        return
    who = str(st.selectbox("Person", names, key="lineage_person", width=320))
    traces = traces_of(ws, who)
    st.markdown(
        f"{counted(len(traces.demonstrations), 'demonstration')} and {counted(len(traces.votes), 'vote')} "
        f"by **{escaped(who)}**."
    )
    if traces.demonstrations or traces.votes:
        _uses(list(traces.uses))
        _deletion(who, traces)


def _uses(uses: list[Use]) -> None:
    if not uses:
        st.caption("It went into nothing yet: no run began after it was there.")
        return
    st.dataframe(
        {
            "Run": [use.run_id for use in uses],
            "What it did with it": [use.how for use in uses],
            "Model": [use.model_id or "–" for use in uses],
        },
        hide_index=True,
        alt="Runs that used it",
    )
    _models(models_of(services.workspace(), uses))


def _models(models: list[str] | tuple[str, ...]) -> None:
    if models:
        st.markdown(f"Models that learned from it, also through others: **{escaped(', '.join(models))}**")
    else:
        st.markdown("No model has learned from it.")


def _deletion(who: str, traces: Traces) -> None:
    with st.expander("Delete what this person contributed", icon=":material/person_remove:"):
        st.markdown(
            "Nothing that is trained from now on will use it. Models that exist keep what they have learned: "
            "the list above says which, so that you can train them anew or delete them on page Runs. "
            "Demonstrations stay in the history, from where they can be restored; votes stay on record as taken back."
        )
        by = name_asked("A deletion is recorded with a name.")
        if by is None:
            return
        # What is ticked for one person must not be ticked for the one who is shown next.
        st.checkbox(counted(len(traces.demonstrations), "demonstration"), key=f"lineage_delete_demonstrations_{who}")
        st.checkbox(counted(len(traces.votes), "vote"), key=f"lineage_delete_votes_{who}")
        st.button("Delete", key="lineage_delete", icon=":material/delete:", on_click=_delete, args=(who, by))


def _delete(who: str, by: str) -> None:
    """Callback: delete what was ticked, and say which models had used it."""
    demonstrations, votes = (
        bool(st.session_state[f"lineage_delete_{what}_{who}"]) for what in ("demonstrations", "votes")
    )
    found = attempt(
        "lineage",
        delete_of_person,
        services.workspace(),
        who,
        demonstrations=demonstrations,
        votes=votes,
        by=by,
    )
    if found is not None:
        used = (
            f"Models that had learned from it: {', '.join(found.models)}." if found.models else "No model had used it."
        )
        gone = [counted(len(found.demonstrations), "demonstration")] if demonstrations else []
        gone += [counted(len(found.votes), "vote")] if votes else []
        report("lineage", f"Deleted {' and '.join(gone)} by {who}. {used}")

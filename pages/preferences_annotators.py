"""Each annotator's audit, and rules that leave votes out."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from pydantic import Field
from pydantic.fields import FieldInfo

from pages import identity, services
from pages.components import attempt, counted, escaped, problem, report
from pages.components_numbers import number_field
from pages.preferences_source import bounds, chosen_source
from workbench.errors import InvalidInput
from workbench.preferences.audit import AnnotatorAudit, audit
from workbench.preferences.audit_rules import MeasureName
from workbench.preferences.audit_words import findings
from workbench.preferences.exclusions import MOST_SECONDS, leave_out, rules, take_in_again

MEASURES: dict[MeasureName, tuple[str, str]] = {
    "left": ("Chose the left response", "Sides are drawn by lot, so about half is right."),
    "longer": ("Chose the longer response", "Only a difference to the others on the same pairs tells."),
    "ties": ("Ties", "'Both are bad' counts as a tie."),
    "seconds": ("Seconds per vote", "The median."),
    "unread": ("Votes faster than reading", "At more than 1,000 words per minute."),
    "agreement": ("Agreement with the others", "1 is perfect, 0 is chance."),
    "consistency": ("Same answer when shown again", "A share of pairs is shown twice, sides swapped."),
}
NUMBERS: tuple[MeasureName, ...] = ("seconds", "agreement")
FASTER_THAN: FieldInfo = Field(gt=0, le=MOST_SECONDS)


def annotators() -> None:
    """The Annotators part of the page."""
    source = chosen_source(
        "annotators_source", "Once people have voted you see here how each of them votes, and what stands out."
    )
    if source is None:
        return
    audits = audit(services.workspace(), source=source)
    problem("rules")
    _overview(audits)
    for row in audits:
        _annotator(row)
    _rules([row.annotator for row in audits])


def _overview(audits: list[AnnotatorAudit]) -> None:
    found = [row for row in audits if findings(row)]
    if not found and len(audits) == 1:
        st.info(
            f"{escaped(audits[0].annotator)} is the only annotator so far. What stands out shows beside others' votes.",
            icon=":material/person:",
        )
        return
    if not found:
        st.success(
            f"Nothing stands out about {counted(len(audits), 'annotator')}. Where votes are few, that says little.",
            icon=":material/check_circle:",
        )
        return
    st.warning(
        f"Something stands out about {counted(len(found), 'annotator')}. It may have a good reason: talk first.",
        icon=":material/visibility:",
    )


def _annotator(row: AnnotatorAudit) -> None:
    said = findings(row)
    title = f"{escaped(row.annotator)} · {counted(row.votes, 'vote')}" + (" · look closer" if said else "")
    with st.expander(title, expanded=bool(said), icon=":material/visibility:" if said else ":material/person:"):
        for _, sentence in said:
            st.markdown(f"- {escaped(sentence)}")
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        "What": MEASURES[name][0],
                        "Value": _written(name, measure.value),
                        "95% interval": _interval(name, measure.interval),
                        "Others": "" if measure.others is None else _written(name, measure.others),
                        "Votes": measure.n,
                        "How to read it": MEASURES[name][1],
                    }
                    for name, measure in row.measures.items()
                ]
            ),
            hide_index=True,
            alt=f"Audit of {row.annotator}",
        )
        st.button(
            "Leave out these votes",
            key=f"leave_out_{row.annotator}",
            icon=":material/block:",
            on_click=_leave_out,
            args=(row.annotator, None),
            help="Reversible. The votes stay stored, and the pairs come back into the queue.",
        )


def _written(name: MeasureName, value: float) -> str:
    if name == "seconds":
        return f"{value:.1f} s"
    return f"{value:.2f}" if name in NUMBERS else f"{value:.0%}"


def _interval(name: MeasureName, interval: tuple[float, float] | None) -> str:
    return bounds(interval, ".1f" if name == "seconds" else ".2f" if name in NUMBERS else ".0%")


# --- rules ----------------------------------------------------------------------------------------


def _rules(names: list[str]) -> None:
    st.subheader("Votes that are left out", anchor=False)
    st.caption("No figure and no training uses them. Ending a rule takes its votes in again.")
    holding = rules(services.workspace())
    for rule in holding:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            note = f" · {escaped(rule.note)}" if rule.note else ""
            st.markdown(
                f"{escaped(rule.sentence)} ({counted(rule.votes, 'vote')}) · by {escaped(rule.created_by)}{note}",
                width="stretch",
            )
            st.button("Take in again", key=f"rule_end_{rule.id}", on_click=_take_in, args=(rule.id,))
    if not holding:
        st.caption("None: every vote counts.")
    with (
        st.expander("Leave out more", icon=":material/block:"),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.selectbox("Votes of", ["Everybody", *names], key="rule_annotator", width=220)
        number_field(FASTER_THAN, "Given in less than (seconds)", value=None, step=0.5, key="rule_seconds", width=220)
        st.text_input("Why", key="rule_note", width=260)
        st.button("Leave out", key="rule_add", on_click=_add_rule)


def _add_rule() -> None:
    state = st.session_state
    who = state.get("rule_annotator")
    _leave_out(None if who in (None, "Everybody") else who, state.get("rule_seconds"), state.get("rule_note") or "")


def _leave_out(annotator: str | None, faster_than: float | None, note: str = "") -> None:
    def store() -> bool:
        leave_out(services.workspace(), annotator=annotator, faster_than=faster_than, note=note, by=_who())
        return True

    if attempt("rules", store):
        report("rules", "Left out. Every figure follows, and the pairs come back into the queue.")


def _take_in(rule_id: str) -> None:
    attempt("rules", lambda: take_in_again(services.workspace(), rule_id, _who()))


def _who() -> str:
    name = identity.person()
    if name is None:
        raise InvalidInput("Say who you are first: choose your name in the sidebar.")
    return name

"""The doctor: what is wrong with a run, the chart that shows it, the likely cause, a button that applies the fix."""

from __future__ import annotations

import streamlit as st

from pages import ppo_data
from pages.components import counted, escaped, plain_text, problem
from pages.components_charts import show_figure
from pages.components_forms import setting_label, setting_value
from pages.components_runs import find_run
from pages.components_steering import pause_wanted, steer
from pages.metric_words import METRICS
from pages.ppo_branching import branch
from pages.ppo_charts import Style, curves
from pages.ppo_curves import marks_of
from pages.rows import Run
from workbench.diagnosis.examination import Examination, Example
from workbench.diagnosis.hacking import ALONE, SCORE_RISE, THRESHOLDS, Alarm
from workbench.diagnosis.readings import Finding
from workbench.diagnosis.rules import RULES

PLACE = "ppo_doctor"


def doctor_tab(run_id: str) -> None:
    """Alarm, findings, and the rules with their thresholds and sources."""
    run = find_run(run_id)
    if run is None:
        return
    found = ppo_data.examination(run)
    problem(PLACE)
    if found.alarm is not None:
        _alarm(run, found, found.alarm)
    for finding in found.findings:
        _finding(run, finding, found.checkpoint)
    if not found.findings and found.alarm is None:
        st.success(f"None of the {len(RULES)} rules finds anything wrong.", icon=":material/check_circle:")
    if run.status == "running":
        st.button("Look again", icon=":material/refresh:", key="doctor_again")
    _rules()


def _alarm(run: Run, found: Examination, alarm: Alarm) -> None:
    with st.container(border=True):
        title = (
            "Reward hacking suspected" if alarm.last_only else "Reward hacking: the score no longer means what it says"
        )
        st.markdown(f"**:red[:material/crisis_alert:] {title}**")
        st.markdown(escaped(alarm.sentence))
        st.caption(
            ("It may be chance. " if alarm.last_only else "The policy has found what the reward model overrates. ")
            + "Read the examples: are the later answers better? If "
            "not, go back to the checkpoint before and hold it nearer, and let people vote on such answers: they are "
            "what the reward model has to learn."
        )
        _ways_back(run, found.checkpoint)
        if found.checkpoint is None:
            st.caption(f"No checkpoint from update {alarm.before} or before is left, so only a new start helps.")
        for example in found.examples:
            _example(example)


def _ways_back(run: Run, checkpoint: int | None) -> None:
    """Buttons: stop where it is, or go back to the checkpoint and hold the policy twice as firmly."""
    with st.container(horizontal=True):
        if run.status == "running":
            st.button(
                "Pause it now",
                icon=":material/pause:",
                key=f"alarm_pause_{run.id}",
                on_click=steer,
                args=(PLACE, run.id, {"pause": True}),
                disabled=pause_wanted(run),
            )
        coefficient = 2 * float(run.config.get("ppo", {}).get("kl_coef", 0.5)) or 0.2
        if run.kind == "ppo":
            st.button(
                f"Branch from update {checkpoint}, KL coefficient {coefficient:g}"
                if checkpoint is not None
                else f"Begin anew with KL coefficient {coefficient:g}",
                icon=":material/fork_right:",
                type="primary",
                key=f"alarm_branch_{run.id}",
                on_click=branch,
                args=(PLACE, run.id, checkpoint, {"kl_coef": coefficient}),
                help="A new run that takes over what this one had learned then.",
            )


def _example(example: Example) -> None:
    with st.container(border=True):
        plain_text(example.prompt, "Prompt")
        left, right = st.columns(2, gap="medium")
        with left:
            plain_text(example.before, f"Before · score {example.score_before:.2f}")
        with right:
            plain_text(example.now, f"Now · score {example.score_now:.2f}")
        st.caption(escaped(example.what))


def _finding(run: Run, finding: Finding, checkpoint: int | None) -> None:
    rule = next(rule for rule in RULES if rule.id == finding.rule)
    colour, icon = ("red", "error") if finding.severity == "problem" else ("orange", "warning")
    with st.container(border=True):
        left, right = st.columns([1.35, 1], gap="medium")
        with left:
            st.markdown(f"**:{colour}[:material/{icon}:] {escaped(rule.title)}**")
            st.markdown(escaped(finding.sentence))
            st.markdown(f"Likely cause: {escaped(finding.cause)}")
            if finding.fix is not None:
                st.markdown(f"What may help: {escaped(finding.fix.words)}.")
                _buttons(run, finding, checkpoint)
            st.caption(f"Threshold: {escaped(rule.threshold)}. Source: {escaped(rule.source)}.")
        with right:
            st.caption(f"**{METRICS[finding.chart].title}**")
            measured = ppo_data.series(run, (finding.chart,))
            figure = curves({run.id: measured}, (finding.chart,), Style(height=170), marks_of(run.id))
            show_figure(figure, key=f"doctor_{finding.rule}", alt=METRICS[finding.chart].title)


def _buttons(run: Run, finding: Finding, checkpoint: int | None) -> None:
    fix = finding.fix
    if fix is None or run.kind != "ppo":
        return
    with st.container(horizontal=True):
        if fix.live and run.status == "running":
            words = ", ".join(f"{setting_label(name)} {value:.3g}" for name, value in fix.live.items())
            st.button(
                f"Apply to this run: {words}",
                icon=":material/healing:",
                key=f"fix_live_{finding.rule}",
                on_click=steer,
                args=(PLACE, run.id, dict(fix.live)),
            )
        if fix.branch:
            where = "the SFT model" if checkpoint is None else f"update {checkpoint}"
            st.button(
                f"Apply in a branch from {where}",
                icon=":material/fork_right:",
                key=f"fix_branch_{finding.rule}",
                on_click=branch,
                args=(PLACE, run.id, checkpoint, dict(fix.branch)),
                help=", ".join(f"{setting_label(name)}: {setting_value(value)}" for name, value in fix.branch.items()),
            )


def _rules() -> None:
    with st.expander(f"The {counted(len(RULES), 'rule')} and the alarm", icon=":material/rule:"):
        st.table(
            {
                "Rule": [escaped(rule.title) for rule in RULES],
                "Speaks up when": [escaped(rule.threshold) for rule in RULES],
                "Source": [escaped(rule.source) for rule in RULES],
            },
            border="horizontal",
        )
        st.caption(
            f"The alarm: over the last two evaluations the score rose by {SCORE_RISE} or more since a point at which "
            "one of these still was well: " + "; ".join(THRESHOLDS.values()) + ". Once the run has ended, its last "
            f"evaluation alone is enough where it shows {ALONE:g} times as much; votes count as they are."
        )

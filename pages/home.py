"""Home: where the team stands in the four steps, what comes next, what is running."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
import streamlit as st

from pages import services
from pages.components import attempt, counted, escaped, header, problem, report
from pages.components_runs import KINDS, REFRESH_SECONDS, run_card, running_now
from pages.home_state import NextStep, TeamState, next_step, team_state
from pages.home_workspaces import workspaces
from pages.metric_words import MEASURES, written
from workbench.models.registry import LANGUAGE_MODELS, list_models

PAGE_OF_KIND = {
    "sft": "step2_sft.py",
    "pairs": "step3_preferences.py",
    "reward_model": "step4_reward_model.py",
    "ppo": "step5_ppo.py",
    "dpo": "step5_ppo.py",
    "rloo": "step5_ppo.py",
    "verdict": "step5_ppo.py",
}


def page() -> None:
    """Draw the page."""
    state = team_state(services.workspace())
    header(
        "Where we stand",
        "home",
        "Four steps turn a base language model into one that knows your company and answers the way people like.",
    )
    problem("home")
    _next(state)
    _steps(state)
    live = running_now()
    if live:
        st.subheader("Running now", anchor=False)
        st.fragment(_running, run_every=REFRESH_SECONDS)([run.id for run in live])
    _broken(state)
    _quality()
    _share()
    workspaces()


def _next(state: TeamState) -> None:
    step = next_step(state)
    with st.container(border=True):
        with st.container(gap=None):
            st.caption("Next")
            st.markdown(f"### {step.title}")
            st.markdown(escaped(step.why) if step.kind else step.why)
            if step.time:
                st.caption(f":material/schedule: {step.time}")
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(step.button, type="primary", icon=":material/arrow_forward:", key="next_step"):
                if step.section:
                    st.session_state["preferences_part"] = step.section
                st.switch_page(step.page)
            if state.empty:
                st.button(
                    "Load the demo company",
                    icon=":material/apartment:",
                    key="load_demo",
                    on_click=load_demo,
                    help="A fictional company with its handbook and several hundred demonstrations, to try all steps.",
                )
                st.caption("Only looking? The demo company brings everything the four steps need.", width="content")


def load_demo() -> None:
    """Callback: add the demo company's demonstrations."""
    from workbench.demo.load import load_demo_company

    added = attempt("home", load_demo_company, services.workspace())
    if added is not None:
        report("home", f"The demo company is here: {counted(added, 'demonstration')} added.")


def _steps(state: TeamState) -> None:
    step = next_step(state)
    with st.grid(4, min_column_width=200, gap="small"):
        with _card("1 · Demonstrations", _badge(state, "step1_demonstrations.py", bool(state.demonstrations), step)):
            st.markdown(f"#### {state.demonstrations:,}")
            st.caption("prompts with an ideal response")
            _link("step1_demonstrations.py", "Demonstrations")
        with _card("2 · SFT", _badge(state, "step2_sft.py", bool(state.models.get("sft")), step)):
            st.markdown(f"#### {_models(state, 'sft')}")
            st.caption("fine-tuned on the demonstrations")
            _lag(state, "sft")
            _link("step2_sft.py", "SFT")
        lags = any(stale.kind == "reward_model" for stale in state.stale)
        third = "step4_reward_model.py" if lags or step.page == "step4_reward_model.py" else "step3_preferences.py"
        with _card("3 · Preferences", _badge(state, third, bool(state.models.get("reward_model")), step)):
            st.markdown(f"#### {counted(state.votes, 'vote')}, {_models(state, 'reward_model')}")
            apart = f"; apart from them {state.simulated_votes:,} simulated votes" if state.simulated_votes else ""
            st.caption(f"on {counted(state.pairs, 'pair')}{apart}")
            _lag(state, "reward_model")
            _link("step3_preferences.py", "Preferences")
            _link("step4_reward_model.py", "Reward model")
        with _card("4 · PPO", _badge(state, "step5_ppo.py", bool(state.models.get("ppo")), step)):
            st.markdown(f"#### {_models(state, 'ppo')}")
            st.caption("optimised on the reward model's scores")
            _lag(state, "ppo")
            _link("step5_ppo.py", "PPO")


@contextmanager
def _card(title: str, badge: tuple[str, Any]) -> Iterator[None]:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.badge(badge[0], color=badge[1])
        st.markdown(f"**{title}**")
        yield


def _badge(state: TeamState, page: str, done: bool, step: NextStep) -> tuple[str, Any]:
    if page in {PAGE_OF_KIND[kind] for kind in state.live if kind in PAGE_OF_KIND}:
        return "Running", "blue"
    if any(PAGE_OF_KIND[stale.kind] == page for stale in state.stale):
        return "Out of date", "orange"
    if step.page == page:
        return "Next", "primary"
    return ("Done", "green") if done else ("To come", "gray")


def _lag(state: TeamState, kind: str) -> None:
    """Why the step's newest model is out of date."""
    for stale in state.stale:
        if stale.kind == kind:
            st.caption(f":material/update: {escaped(stale.model_id)}: {escaped(' '.join(stale.reasons))}")


def _link(page: str, label: str) -> None:
    st.page_link(page, label=label, icon=":material/arrow_forward:")


def _models(state: TeamState, kind: str) -> str:
    number = state.models.get(kind, 0)
    return counted(number, "model") if number else "no model yet"


def _broken(state: TeamState) -> None:
    """Runs that ended without a result and that nobody has started again: one would come back to look for it."""
    if state.broken:
        st.subheader("Ended without a result", anchor=False)
    for run in state.broken:
        run_card(run)
        st.page_link(
            "runs.py", label=f"{escaped(run.id)}: its log", icon=":material/list_alt:", query_params={"run": run.id}
        )


def _quality() -> None:
    """The newest measures of each model that was tested on held-out prompts."""
    workspace = services.workspace()
    rows = []
    for model in list_models(workspace, LANGUAGE_MODELS):
        measures = workspace.evaluations.latest(model.id)
        if measures:
            values = {
                MEASURES[name].title: written(MEASURES[name], measures[name].value if name in measures else None)
                for name in ("fact_accuracy", "embedding_similarity", "bleu", "length")
            }
            rows.append({"Model": escaped(model.id), **values})
    if not rows:
        return
    st.subheader("How good the models are", anchor=False)
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True, alt="Newest measures of each model")
    st.caption(
        "On held-out prompts, compared with the human responses. "
        "Intervals and single answers are on the pages of SFT and PPO."
    )


def _share() -> None:
    """What leaves the workbench: a report for those who decide, a backup of everything."""
    st.subheader("Share and keep", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link("chat.py", label="Try the chatbot", icon=":material/forum:")
        st.page_link("share.py", label="Report, models to take away, backup", icon=":material/ios_share:")


def _running(shown: list[str]) -> None:
    live = running_now()
    if [run.id for run in live] != shown:
        st.rerun()
    for run in live:
        st.caption(KINDS.get(run.kind, run.kind))
        run_card(run)


if __name__ == "__main__":
    page()

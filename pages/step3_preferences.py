"""Step 3, first half: two responses to one prompt, and people's votes on which is better."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages import identity, services
from pages.components import attempt, counted, empty_state, header, problem, report
from pages.components_forms import (
    advanced,
    advanced_names,
    changed,
    command_line,
    field_inputs,
    form_values,
    model_choice,
)
from pages.components_runs import live_run, pick_run
from pages.preferences_annotators import annotators
from pages.preferences_leaderboard import models as leaderboard
from pages.preferences_results import results
from pages.preferences_settings import voting_settings
from pages.preferences_vote import vote
from workbench.demonstrations.splits import SPLITS
from workbench.launch.pairs import launch_pairs
from workbench.models.registry import RegisteredModel, list_models
from workbench.preferences.config import PairsConfig

PARTS = ("Vote", "Generate pairs", "Agreement", "Annotators", "Leaderboard", "How we vote", "Simulated annotators")
SHOWN = ("limit", "temperature", "other_temperature")
CHOSEN = ("splits", "tags", "prompts")
"""Settings that say which prompts are answered; they have widgets of their own."""
ELSEWHERE = (*CHOSEN, "new_pairs", "score_with")
"""Settings that the form's Advanced part leaves out."""
WORDS = {
    "limit": ("How many pairs at most", "Empty means one for every prompt. They are spread over the splits."),
    "temperature": ("How varied (temperature)", "Higher makes the two responses differ more, and wilder."),
    "other_temperature": ("Another temperature for B", "Empty: the same as for response A."),
}
SAME = "The same model, sampled again"


def page() -> None:
    """Draw the page."""
    header(
        "Preferences",
        "thumbs_up_down",
        "People see two responses to one prompt and say which is better. The reward model learns from their votes.",
    )
    workspace = services.workspace()
    st.session_state.setdefault("preferences_part", PARTS[0] if workspace.pairs.count() else PARTS[1])
    parts = (vote, _generate, results, annotators, leaderboard, voting_settings, _simulated)
    tabs = st.tabs(PARTS, key="preferences_part", on_change="rerun")
    for tab, draw in zip(tabs, parts, strict=True):
        if tab.open:
            with tab:
                draw()


# --- generating pairs -----------------------------------------------------------------------------


def _generate() -> None:
    workspace = services.workspace()
    if not workspace.demonstrations.count(status="approved"):
        empty_state(
            "Pairs need prompts",
            "Models answer the prompts of your demonstrations twice. Add demonstrations in step 1 first.",
            "thumbs_up_down",
            ("step1_demonstrations.py", "Go to demonstrations"),
        )
        return
    models = list_models(workspace, ("base", "sft", "ppo"))
    with st.container(border=True, width=920):
        _form(models)
        st.button("Generate pairs", type="primary", icon=":material/play_arrow:", key="pairs_start", on_click=_start)
        problem("pairs")
    run_id = pick_run("pairs", "pairs_run")
    if run_id is not None:
        st.subheader("Runs", anchor=False)
        live_run(run_id, extra=_pairs_of_run)


def _form(models: Sequence[RegisteredModel]) -> None:
    """Whose responses, to which prompts, drawn how; and the same as a command."""
    if not any(model.kind == "sft" for model in models):
        st.caption(
            ":material/info: There is no SFT model yet. Its responses would teach the reward model more than "
            "the base model's."
        )
    left, right = st.columns(2)
    with left:
        model_id = model_choice("Response A from", models, "pairs_model")
    labels = {model.id: model.id for model in reversed(models)}
    with right:
        other = st.selectbox(
            "Response B from",
            [SAME, *labels],
            key="pairs_other",
            help="Two different models give votes that rank them on the leaderboard.",
        )
    values = field_inputs(PairsConfig, SHOWN, "pairs", columns=3, words=WORDS)
    _which_prompts()
    values |= advanced(PairsConfig, (*SHOWN, *ELSEWHERE), "pairs")
    assignments = {"model_id": model_id, **changed(PairsConfig, values), **_chosen_prompts()}
    if other not in (SAME, model_id):
        assignments["other_model_id"] = other
    command_line("pairs", assignments)


def _which_prompts() -> None:
    """Splits, tags or single prompts; everything where nothing is chosen."""
    rows = services.workspace().demonstrations.list(status="approved")
    with st.grid(3, min_column_width=210, vertical_alignment="bottom"):
        st.multiselect("Splits", SPLITS, key="pairs_splits", placeholder="All splits")
        st.multiselect(
            "Tags", sorted({tag for row in rows for tag in row.tags}), key="pairs_tags", placeholder="Any tag"
        )
        st.multiselect(
            "Prompts", list(dict.fromkeys(row.prompt for row in rows)), key="pairs_prompts", placeholder="All prompts"
        )


def _chosen_prompts() -> dict[str, Any]:
    chosen = {name: tuple(st.session_state.get(f"pairs_{name}") or ()) for name in CHOSEN}
    return {name: values for name, values in chosen.items() if values}


def _pairs_of_run(run_id: str) -> None:
    number = services.workspace().pairs.count(run_id=run_id)
    st.caption(
        f"{counted(number, 'pair')} from this run, ready to be voted on." if number else "No pairs from this run yet."
    )


def _start() -> None:
    """Callback: queue the run and show it."""

    def launch() -> str:
        values = form_values([*SHOWN, *advanced_names(PairsConfig, (*SHOWN, *ELSEWHERE))], "pairs") | _chosen_prompts()
        other = st.session_state["pairs_other"]
        model_id = st.session_state["pairs_model"]
        config = PairsConfig(model_id=model_id, other_model_id=None if other in (SAME, model_id) else other, **values)
        return launch_pairs(services.workspace(), config, identity.person() or "")

    run_id = attempt("pairs", launch)
    if run_id:
        st.session_state["pairs_run"] = run_id


# --- simulated annotators -------------------------------------------------------------------------


def _simulated() -> None:
    workspace = services.workspace()
    with st.container(border=True, width=820):
        st.badge("Simulated, not people", icon=":material/smart_toy:", color="violet")
        st.markdown(
            "To try the whole loop without a team, made-up annotators can vote. They follow a hidden rule (helpful, "
            "precise, polite, brief) with some noise and bias. **Their votes are kept apart from people's and never "
            "mixed with them**: in step 3b you choose one source or the other."
        )
        with st.container(horizontal=True, gap="medium"):
            st.metric("Simulated votes", f"{workspace.votes.count(simulated=True):,}", border=True, width=190)
            st.metric("People's votes", f"{workspace.votes.count(simulated=False):,}", border=True, width=190)
        if not workspace.pairs.count():
            st.caption("There are no pairs to vote on yet; generate some first.")
            return
        if st.button(
            "Let the simulated annotators vote", icon=":material/smart_toy:", key="simulate_votes", type="primary"
        ):
            with st.spinner("The simulated annotators are voting …"):
                _simulate()
            st.rerun()
        problem("simulated")


def _simulate() -> None:
    from workbench.demo.annotators import simulate_votes

    added = attempt("simulated", simulate_votes, services.workspace())
    if added is not None:
        report(
            "simulated",
            f"{counted(added, 'simulated vote')} added." if added else "They have voted on every pair already.",
        )


if __name__ == "__main__":
    page()

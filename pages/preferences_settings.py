"""How the team votes: people per pair, order, repeats, what voters are told and asked."""

from __future__ import annotations

import streamlit as st

from pages import identity, services
from pages.components import attempt, counted, problem, report
from pages.components_forms import model_choice
from pages.components_numbers import number_field
from pages.components_runs import live_run, pick_run
from workbench.errors import InvalidInput
from workbench.launch.pairs import launch_pairs
from workbench.models.registry import get_model, list_models
from workbench.preferences.config import PairsConfig
from workbench.preferences.voting_settings import MAX_GUIDELINES_CHARACTERS, Order, VotingSettings, save_voting_settings
from workbench.preferences.voting_settings import voting_settings as current_settings

ORDERS: dict[Order, str] = {
    "random": "Random, the same for all",
    "newest": "Newest first",
    "disputed": "Most disagreed first, with one more vote",
    "informative": "Most informative for the reward model first",
}


def voting_settings() -> None:
    """The How we vote part of the page."""
    settings = current_settings(services.workspace())
    problem("voting_settings")
    with st.form("voting_settings", border=True, width=920):
        _what_is_asked(settings)
        _who_gets_what(settings)
        st.toggle(
            "Voters may see which model wrote what, after the vote",
            settings.reveal == "after",
            key="set_reveal",
            help="With R. Whoever has looked cannot change that vote any more.",
        )
        st.form_submit_button("Save", type="primary", key="set_save", on_click=_save)
    if settings.order == "informative":
        _scores()


def _what_is_asked(settings: VotingSettings) -> None:
    st.markdown("**What makes a response better here?**")
    st.text_area(
        "Guidelines",
        settings.guidelines,
        key="set_guidelines",
        height=140,
        max_chars=MAX_GUIDELINES_CHARACTERS,
        placeholder="Right facts before style. Brief before long. Polite, but no flattery.",
        help="Voters open them with G.",
    )
    st.text_input(
        "Reasons that voters can tick, separated by commas",
        ", ".join(settings.reasons),
        key="set_reasons",
        help="At most seven; keys 3 to 9 tick them. Empty: voters are asked for none.",
    )


def _who_gets_what(settings: VotingSettings) -> None:
    st.markdown("**Who gets which pair?**")
    with st.grid(3, min_column_width=210, vertical_alignment="bottom"):
        number_field(
            VotingSettings.model_fields["people_per_pair"],
            "People per pair",
            value=settings.people_per_pair,
            key="set_people",
        )
        _percent(
            "Share of pairs that go to so many",
            settings.overlap,
            (0, 100, 5),
            "set_overlap",
            "The others go to one person: more pairs decided, less known of agreement.",
        )
        _percent(
            "Share shown again, sides swapped",
            settings.repeat_share,
            (0, 50, 1),
            "set_repeats",
            "To see whether people answer the same twice. These votes count in no other figure.",
        )
    with st.grid(2, min_column_width=260, vertical_alignment="bottom"):
        st.selectbox(
            "Order",
            list(ORDERS),
            list(ORDERS).index(settings.order),
            key="set_order",
            format_func=lambda order: ORDERS[order],
            help="The most informative are those on which a reward model's scores are nearest to each other; until "
            "pairs have scores, the order is random.",
        )
        number_field(
            VotingSettings.model_fields["lapse_minutes"],
            "A pair is kept for who sees it (minutes)",
            value=settings.lapse_minutes,
            step=1.0,
            format="%g",
            key="set_lapse",
        )


def _percent(label: str, share: float, bounds: tuple[int, int, int], key: str, help_text: str) -> None:
    low, high, step = bounds
    st.slider(label, low, high, round(100 * share), step, "%d%%", key=key, help=help_text)


def _scores() -> None:
    """Which pairs the reward model is least sure of has to be asked of it, and again after it has learned more."""
    workspace = services.workspace()
    known = list_models(workspace, ["reward_model"])
    with st.container(border=True, width=920):
        scored = workspace.pair_scores.count()
        st.markdown(f"**Scores**: {counted(scored, 'pair')} scored by a reward model." + (
            "" if scored else " Until there are scores, the order is random."
        ))  # fmt: skip
        if not known:
            st.caption("There is no reward model yet; train one in step 3b.")
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            model_choice("Score the waiting pairs with", known, "score_model")
            st.button("Score them", icon=":material/scale:", key="score_pairs", on_click=_score)
        run_id = pick_run("pairs", "score_run") if st.session_state.get("score_run") else None
        if run_id is not None:
            live_run(run_id)


def _score() -> None:
    def launch() -> str:
        chosen = get_model(services.workspace(), st.session_state["score_model"])
        config = PairsConfig(model_id=chosen.parent_id or "base", new_pairs=False, score_with=chosen.id)
        return launch_pairs(services.workspace(), config, identity.person() or "")

    run_id = attempt("voting_settings", launch)
    if run_id:
        st.session_state["score_run"] = run_id


def _save() -> None:
    def store() -> bool:
        state, name = st.session_state, identity.person()
        if name is None:
            raise InvalidInput("Say who you are first: choose your name in the sidebar.")
        reasons = tuple(part.strip() for part in str(state["set_reasons"]).split(",") if part.strip())
        settings = VotingSettings(
            people_per_pair=state["set_people"],
            overlap=state["set_overlap"] / 100,
            order=state["set_order"],
            lapse_minutes=state["set_lapse"],
            repeat_share=state["set_repeats"] / 100,
            repeat_after=current_settings(services.workspace()).repeat_after,
            reveal="after" if state["set_reveal"] else "never",
            ask_reasons=bool(reasons),
            reasons=reasons,
            guidelines=str(state["set_guidelines"]).strip(),
        )
        save_voting_settings(services.workspace(), settings, name)
        return True

    if attempt("voting_settings", store):
        report("voting_settings", "Saved. It holds for everybody from their next pair on.")

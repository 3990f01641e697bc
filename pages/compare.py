"""One prompt, the answers of two to four models beside each other; blind, a choice among them is a vote."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from functools import partial

import streamlit as st

from pages import compare_history, compare_present, services
from pages.compare_panes import panes, stream
from pages.components import attempt, empty_state, escaped, header, plain_text, problem, report
from pages.components_forms import model_label
from pages.identity import asked as name_asked
from pages.identity import person
from workbench.chatbot.comparisons import Answer, Comparison, find_comparison, judge, keep
from workbench.chatbot.questions import MOST_MODELS, Question, from_link, question
from workbench.chatbot.votes import Undecided, vote_on_comparison
from workbench.errors import InvalidInput
from workbench.models.registry import LANGUAGE_MODELS, REWARD_MODELS, RegisteredModel, list_models

HELD_OUT = "A held-out prompt"
OWN = "My own"
ASKING = "compare_asking"
"""(question, blind) while the models write; a stop leaves what there is under `PARTIAL`."""
PARTIAL = "compare_partial"
SHOWN = "compare_shown"
SHOWN_AT = "compare_shown_at"
NO_SCORE = "No score"


def page() -> None:
    """Draw the page."""
    models = list_models(services.workspace(), LANGUAGE_MODELS)
    presenting = st.query_params.get("present") == "1" and len(models) > 1
    if presenting:
        compare_present.stage()
    else:
        header(
            "Compare models",
            "compare_arrows",
            "Ask several models the same question and read their answers side by side.",
        )
    if len(models) < 2:
        empty_state(
            "Only the base model so far",
            "Comparing takes two models. Fine-tune one in step 2; it then stands beside the base model here.",
            "compare_arrows",
            ("step2_sft.py", "Go to SFT"),
        )
        return
    _take_link()
    if presenting:
        compare_present.controls(on_ask=start, on_stop=stop)
    else:
        _form(models)
    problem("compare")
    _answers()
    if not presenting:
        compare_history.history(on_open=open_kept)


def _take_link() -> None:
    """What the address asks for, taken up once: a kept comparison, or a question that fills the form."""
    link = st.query_params.to_dict()
    if st.session_state.get("compare_link") == link:
        return
    st.session_state["compare_link"] = link
    if "comparison" in link and _shown_id() != link["comparison"]:
        found = attempt("compare", find_comparison, services.workspace(), link["comparison"])
        if found is not None:
            open_kept(found)
    elif "q" in link:
        wanted = attempt("compare", from_link, link)
        if wanted is not None:
            fill_form(wanted[0], blind=wanted[1])


def fill_form(asked: Question, *, blind: bool) -> None:
    """Put a question into the form's fields."""
    state = st.session_state
    state["compare_models"] = list(asked.models)
    state["compare_source"] = OWN
    state["compare_prompt"] = asked.prompt
    state["compare_temperature"] = asked.sampling.temperature
    state["compare_top_p"] = asked.sampling.top_p
    state["compare_tokens"] = asked.sampling.max_new_tokens
    state["compare_seed"] = asked.sampling.seed
    state["compare_seeds"] = asked.different_seeds
    state["compare_blind"] = blind


def open_kept(comparison: Comparison) -> None:
    """Show a kept comparison, and its question in the form; before the form is drawn."""
    asked = comparison.asked
    if comparison.blind:  # the order was drawn, and the form must not tell who stands where
        asked = asked.model_copy(update={"models": tuple(sorted(asked.models))})
    fill_form(asked, blind=comparison.blind)
    _show(comparison)


def _show(comparison: Comparison) -> None:
    """Make a comparison the one on the page, its address included."""
    st.session_state[SHOWN] = comparison
    st.session_state[SHOWN_AT] = time.monotonic()
    st.query_params["comparison"] = comparison.id
    st.session_state["compare_link"] = st.query_params.to_dict()


def _shown_id() -> str | None:
    shown: Comparison | None = st.session_state.get(SHOWN)
    return shown.id if shown else None


# --- the form -------------------------------------------------------------------------------------


def _form(models: Sequence[RegisteredModel]) -> None:
    names = {model.id: model_label(model) for model in models}
    with st.container(border=True):
        st.session_state.setdefault("compare_models", telling(models))
        st.multiselect(
            "Models",
            list(dict.fromkeys([*names, *st.session_state["compare_models"]])),
            key="compare_models",
            max_selections=MOST_MODELS,
            accept_new_options=True,
            help="Or type a Hugging Face id or the folder of a model.",
            format_func=lambda model_id: names.get(model_id, model_id),
        )
        _prompt()
        with st.expander("How the answers are drawn", icon=":material/tune:"):
            _settings()
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.session_state.get(ASKING):
                st.button("Stop", icon=":material/stop_circle:", key="compare_stop", on_click=stop)
            else:
                st.button("Ask", type="primary", icon=":material/send:", key="compare_ask", on_click=_ask)
            st.toggle(
                "Blind",
                key="compare_blind",
                help="Names are hidden and the order is drawn. What you choose then is a vote like any other.",
            )
            with st.popover("Link", icon=":material/link:", type="tertiary"):
                compare_history.link(_shown_id())
            st.button(
                "Present",
                icon=":material/present_to_all:",
                key="compare_present",
                type="tertiary",
                on_click=compare_present.begin,
                help="Full screen, large type and prepared prompts, for a room.",
            )


def _settings() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.session_state.setdefault("compare_temperature", 0.0)
        st.session_state.setdefault("compare_top_p", 1.0)
        st.session_state.setdefault("compare_tokens", 96)
        st.session_state.setdefault("compare_seed", 0)
        st.number_input(
            "Temperature", 0.0, 2.0, step=0.1, key="compare_temperature", width=150, help="0: the likeliest each time."
        )
        st.number_input(
            "Top p",
            0.05,
            1.0,
            step=0.05,
            key="compare_top_p",
            width=150,
            help="Only the likeliest tokens that together have this probability. Without effect at temperature 0.",
        )
        st.number_input("Longest answer (tokens)", 1, 4096, step=8, key="compare_tokens", width=190)
        st.number_input(
            "Seed", 0, 2**31 - 1, step=1, key="compare_seed", width=150, help="The same seed, the same answer."
        )
        reward_models = [model.id for model in list_models(services.workspace(), REWARD_MODELS)]
        if reward_models:
            st.selectbox(
                "Scored by",
                [*reversed(reward_models), NO_SCORE],
                key="compare_scorer",
                width=220,
                help="The reward model whose score stands under each answer.",
            )
    st.checkbox("A seed of its own for each model", key="compare_seeds")


def _prompt() -> None:
    held_out = services.workspace().demonstrations.list(status="approved", split="test", limit=200)
    prompts = list(dict.fromkeys(row.prompt for row in held_out))
    st.session_state.setdefault("compare_source", HELD_OUT if prompts else OWN)
    source = st.segmented_control(
        "Prompt",
        (HELD_OUT, OWN) if prompts else (OWN,),
        key="compare_source",
        required=True,
        help="Held-out prompts are those that no model has learned.",
    )
    if source == OWN:
        st.text_area(
            "Your prompt",
            key="compare_prompt",
            height=80,
            label_visibility="collapsed",
            placeholder="Where is the HR department in Boston?",
        )
    else:
        st.selectbox("Held-out prompt", prompts, key="compare_choice", label_visibility="collapsed")


def telling(models: Sequence[RegisteredModel]) -> list[str]:
    """The newest model of each kind: what one most likely wants to see."""
    newest = {model.kind: model.id for model in models}
    return [newest[kind] for kind in LANGUAGE_MODELS if kind in newest][:MOST_MODELS]


def _ask() -> None:
    """Callback: begin with what stands in the form."""
    state = st.session_state
    prompt = state.get("compare_prompt" if state["compare_source"] == OWN else "compare_choice") or ""
    start(prompt, blind=bool(state["compare_blind"]))


def start(prompt: str, *, blind: bool = False) -> None:
    """Callback: ask the chosen models, in the order in which they were chosen, or in a drawn one where it is blind."""
    state = st.session_state
    models = list(state.get("compare_models") or telling(list_models(services.workspace(), LANGUAGE_MODELS)))
    if blind:
        if len(models) < 2:
            attempt("compare", _refuse_blind)
            return
        secrets.SystemRandom().shuffle(models)
    sampling = {
        "temperature": state.get("compare_temperature", 0.0),
        "top_p": state.get("compare_top_p", 1.0),
        "max_new_tokens": state.get("compare_tokens", 96),
        "seed": state.get("compare_seed", 0),
    }
    asked = attempt(
        "compare", question, prompt, models, sampling, different_seeds=bool(state.get("compare_seeds", False))
    )
    if asked is not None:
        state[ASKING] = (asked, blind)
        state[PARTIAL] = None
        state[SHOWN] = None


def _refuse_blind() -> None:
    raise InvalidInput("A blind comparison needs at least two models.")


def stop() -> None:
    """Callback: end the writing; what there is stays and is kept."""
    asking = st.session_state.pop(ASKING, None)
    partial = st.session_state.pop(PARTIAL, None)
    if asking and partial and any(answer.text for answer in partial):
        _finish(asking[0], partial, blind=asking[1])


# --- the answers ----------------------------------------------------------------------------------


def _answers() -> None:
    asking: tuple[Question, bool] | None = st.session_state.get(ASKING)
    if asking is not None:
        asked, blind = asking
        _question(asked.prompt)
        answers = attempt("compare", stream, asked, blind=blind, remember=_remember)
        if answers is None:
            st.session_state.pop(ASKING)
            st.rerun()
        with st.spinner("Scoring …"):
            _finish(asked, answers, blind=blind)
        st.session_state.pop(ASKING)
        st.rerun()
    shown: Comparison | None = st.session_state.get(SHOWN)
    if shown is not None:
        _question(shown.asked.prompt)
        _shown(shown)


def _question(prompt: str) -> None:
    with st.container(border=True, key="compare_question"):
        plain_text(prompt, "Prompt")


def _remember(answers: list[Answer]) -> None:
    st.session_state[PARTIAL] = answers


def _finish(asked: Question, answers: Sequence[Answer], *, blind: bool) -> None:
    ws = services.workspace()
    reward_models = [model.id for model in list_models(ws, REWARD_MODELS)]
    scorer = st.session_state.get("compare_scorer") or (reward_models[-1] if reward_models else NO_SCORE)
    scored_by = None if scorer == NO_SCORE else str(scorer)
    judged, trouble = judge(ws, services.generator(), asked.prompt, answers, scored_by)
    kept = attempt("compare", keep, ws, asked, judged, person=person() or "", blind=blind, scored_by=scored_by)
    if kept is not None:
        _show(kept)
    if trouble:
        report("compare_note", trouble)


def _shown(comparison: Comparison) -> None:
    voted = bool(services.workspace().comparisons.votes(comparison.id))
    mine = comparison.person in ("", person() or "")
    hidden = comparison.blind and mine and not voted and not services.workspace().comparisons.revealed(comparison.id)
    note = st.session_state.pop("done:compare_note", None)
    if note:
        st.warning(escaped(note), icon=":material/info:")
    if not hidden:
        panes(comparison, hidden=False)
        if comparison.blind and voted:
            st.caption(":material/how_to_vote: Your choice counts as a vote on these answers.")
        return
    name = name_asked("A blind choice is a vote, and votes carry a name.")
    panes(comparison, hidden=True, extra=partial(_vote_button, comparison) if name else None)
    if name:
        _undecided(comparison)


def _vote_button(comparison: Comparison, place: int) -> None:
    st.button(
        "This one is best" if len(comparison.answers) > 2 else "This one is better",
        key=f"compare_vote_{place}",
        icon=":material/thumb_up:",
        on_click=_vote,
        args=(comparison, place),
    )


def _undecided(comparison: Comparison) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(comparison.answers) == 2:
            st.button("Equally good", key="compare_tie", on_click=_vote, args=(comparison, "tie"))
            st.button("Both bad", key="compare_both_bad", on_click=_vote, args=(comparison, "both_bad"))
        st.button(
            "Show the models without voting",
            key="compare_reveal",
            type="tertiary",
            on_click=_reveal,
            args=(comparison,),
        )


def _reveal(comparison: Comparison) -> None:
    """Callback: no vote; who has seen the names cannot vote blind any more."""
    services.workspace().comparisons.reveal(comparison.id)


def _vote(comparison: Comparison, choice: int | Undecided) -> None:
    """Callback: what was chosen becomes a vote, once."""
    name = person()
    if name is None:
        return
    seconds = time.monotonic() - st.session_state.get(SHOWN_AT, time.monotonic())
    ids = attempt("compare", vote_on_comparison, services.workspace(), comparison, choice, person=name, seconds=seconds)
    if ids is not None:
        report("compare", f"Saved as {len(ids)} {'vote' if len(ids) == 1 else 'votes'} by {name}.")


if __name__ == "__main__":
    page()

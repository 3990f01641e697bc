"""Starting a PPO run: models, prompts, four settings in plain words, what it will take, the exact command."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st
from pydantic import ValidationError

from pages import identity, ppo_data, services
from pages.components import attempt, counted, duration, escaped, problem
from pages.components_forms import (
    advanced,
    advanced_names,
    changed,
    command_line,
    field_inputs,
    form_values,
    model_choice,
    setting_label,
    setting_value,
)
from pages.components_numbers import number_field
from pages.ppo_alternatives import METHODS, alternative
from workbench.errors import NotFound
from workbench.launch.checks import verdict_on
from workbench.launch.ppo import launch_ppo
from workbench.launch.ppo_preflight import Preflight, preflight
from workbench.models.registry import RegisteredModel, get_model, list_models
from workbench.ppo.config import PPOConfig, PPORunConfig
from workbench.reward_model.verdict import Verdict

SHOWN = ("kl_coef", "total_episodes", "learning_rate", "max_new_tokens")
WORDS = {
    "kl_coef": (
        "How far it may move (KL coefficient)",
        "What a nat of distance from the SFT model costs. Larger holds the policy nearer; smaller lets it move "
        "further, and drift.",
    ),
    "total_episodes": ("How long (episodes)", "Responses it tries over the whole run."),
    "learning_rate": ("How fast (learning rate)", "Larger learns faster; too large and it falls apart."),
    "max_new_tokens": ("How long the responses (tokens)", "Longer ones are cut here, and cost a penalty."),
}
HELD_OUT = PPORunConfig.model_fields["evaluate_limit"].default


def new_run() -> None:
    """The form of the method that is chosen."""
    method = st.segmented_control(
        "Method",
        ("PPO", *METHODS),
        default="PPO",
        required=True,
        key="ppo_way",
        help="DPO and RLOO use the same votes in other ways; they appear in the same charts and the same verdict.",
    )
    if method in METHODS:
        alternative(str(method))
    else:
        _new_ppo()


def _new_ppo() -> None:
    reward_models = list_models(services.workspace(), ["reward_model"])
    with st.container(border=True, width=1080):
        with st.container(horizontal=True):
            reward_model_id = model_choice("Reward model", reward_models, "ppo_reward_model")
            reward_model = _find(reward_model_id)
            model_id = _start_choice(reward_model)
        despite = _verdict(reward_model) if reward_model is not None else False
        choice = _prompts()
        branch = _branch_choice()
        values = field_inputs(PPOConfig, SHOWN, "ppo", columns=2, words=WORDS)
        pause = st.toggle(
            "Pause when the reward-hacking alarm goes off",
            key="ppo_pause_on_alarm",
            help="The run writes a checkpoint and waits until somebody lets it go on.",
        )
        values |= advanced(PPOConfig, SHOWN, "ppo")
        _preflight(reward_model, model_id, values)
        inner = {f"ppo.{name}": value for name, value in changed(PPOConfig, values).items()}
        outer = {
            "reward_model_id": reward_model_id,
            "model_id": model_id,
            "branch_from": branch,
            **_written(choice),
            "pause_on_alarm": pause or None,
            "despite_verdict": despite or None,
        }
        command_line("ppo", {**outer, **inner})
        st.button("Start PPO", type="primary", icon=":material/play_arrow:", key="ppo_start", on_click=_start)
        problem("ppo")


def _find(model_id: str | None) -> RegisteredModel | None:
    try:
        return None if model_id is None else get_model(services.workspace(), model_id)
    except NotFound:
        return None


def _start_choice(reward_model: RegisteredModel | None) -> str | None:
    """The SFT model: the one that the reward model was built on unless another one is chosen."""
    models = list_models(services.workspace(), ["sft", "base"])
    usual = reward_model.parent_id if reward_model is not None else None
    others = [model.id for model in reversed(models) if model.id != usual]
    return st.selectbox(
        "SFT model to start from",
        others,
        index=None,
        key="ppo_model_id",
        width=420,
        placeholder=f"{usual}, which the reward model was built on" if usual else "Choose one",
        help="Another one works too; the reward model then lies beside it in memory.",
    )


def _verdict(reward_model: RegisteredModel) -> bool:
    """What the reward model's own measurement says of it; whether to start although it says not yet."""
    verdict = verdict_on(services.workspace(), reward_model)
    if verdict is None:
        st.caption("No verdict on this reward model: it was trained without one. Look at its accuracy in step 3b.")
        return False
    words, colour, icon = {
        "go": ("Good enough to optimise against.", "green", "check_circle"),
        "care": ("Usable with care.", "orange", "warning"),
        "not_yet": ("Not yet good enough to optimise against.", "red", "block"),
    }[verdict.verdict]
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**:{colour}[:material/{icon}:] The reward model: {words}**")
        for sentence in verdict.reasons:
            st.caption(escaped(sentence))
        for sentence in verdict.next:
            st.caption(f":material/arrow_forward: {escaped(sentence)}")
        settings = _usable(verdict)
        if settings:
            named = ", ".join(f"{setting_label(name)} {setting_value(value)}" for name, value in settings.items())
            st.button(
                f"Use the settings that it asks for: {escaped(named)}",
                icon=":material/tune:",
                type="tertiary",
                key="ppo_verdict_settings",
                on_click=_take_settings,
                args=(settings,),
            )
        if verdict.verdict != "not_yet":
            return False
        return st.toggle("Start anyway", key="ppo_despite_verdict", help="It is noted in the run's settings.")


def _usable(verdict: Verdict) -> dict[str, Any]:
    """The settings of a verdict that PPO has, and that are valid together with the defaults."""
    known = {name: value for name, value in verdict.ppo_settings.items() if name in PPOConfig.model_fields}
    try:
        PPOConfig.model_validate(known)
    except ValidationError:
        return {}
    return known


def _take_settings(settings: dict[str, Any]) -> None:
    """Callback: put the verdict's settings into the form."""
    for name, value in settings.items():
        kind = type(PPOConfig.model_fields[name].get_default(call_default_factory=True))
        st.session_state[f"ppo_{name}"] = kind(value) if kind in (int, float) else value


def _prompts() -> dict[str, Any]:
    """Which prompts it trains on."""
    workspace = services.workspace()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = [row.name for row in workspace.snapshots.list() if row.name and row.kind == "demonstrations"]
        snapshot = st.selectbox(
            "Prompts from",
            names,
            index=None,
            placeholder="All that are approved now",
            key="ppo_snapshot",
            width=260,
            help="A named snapshot keeps the prompts the same over several runs.",
        )
        tags = st.multiselect("With one of the tags", _tags(), key="ppo_tags", placeholder="All", width=300)
        limit = number_field(
            PPORunConfig.model_fields["prompts_limit"],
            "At most",
            value=None,
            step=10,
            placeholder="All of them",
            key="ppo_prompts_limit",
            width=150,
        )
    approved = workspace.demonstrations.count(status="approved", split="train")
    if not snapshot:
        st.caption(f"{counted(approved, 'approved training prompt')}, minus what the choice leaves out.")
    return {"snapshot": snapshot, "tags": tuple(tags), "prompts_limit": limit}


def _tags() -> list[str]:
    return _tags_of(str(services.workspace().root), services.workspace().demonstrations.count(status="approved"))


@st.cache_data(max_entries=8, ttl=60, show_spinner=False)
def _tags_of(root: str, approved: int) -> list[str]:
    del root, approved
    rows = services.workspace().demonstrations.list(status="approved", split="train")
    return sorted({tag for row in rows for tag in row.tags})


def _written(choice: dict[str, Any]) -> dict[str, Any]:
    """As --set takes it."""
    return {
        "snapshot": choice["snapshot"],
        "tags": json.dumps(list(choice["tags"]), ensure_ascii=False) if choice["tags"] else None,
        "prompts_limit": choice["prompts_limit"],
    }


def _branch_choice() -> str | None:
    """Where the policy starts: the SFT model, or a checkpoint of an earlier run."""
    runs = services.workspace().runs.list(kind="ppo")
    names = [f"{run.id}:{step}" for run in runs for step in reversed(ppo_data.checkpoints(run))]
    if not names:
        return None
    return st.selectbox(
        "Go on from a checkpoint",
        names,
        index=None,
        placeholder="No: start from the SFT model",
        key="ppo_branch",
        format_func=lambda name: f"{name.partition(':')[0]}, after update {name.partition(':')[2]}",
        help="Takes over what that run had learned. Settings, KL coefficient and schedule are those of the new run.",
        width=420,
    )


def _preflight(reward_model: RegisteredModel | None, model_id: str | None, values: dict[str, Any]) -> None:
    start = _find(model_id or (reward_model.parent_id if reward_model else None))
    if start is None:
        return
    try:
        config = PPOConfig(**values)
    except ValidationError:
        return  # said where it is started
    found = preflight(services.workspace(), start, config, HELD_OUT)
    with st.container(border=True, gap="xsmall"):
        st.markdown(f":material/flight_takeoff: **Before it starts:** {_expectation(found)}")
        st.caption(escaped(found.basis))
        if found.fits is False:
            st.warning(
                "That is more memory than is free. Choose a smaller micro-batch (Advanced) or shorter responses.",
                icon=":material/memory:",
            )


def _expectation(found: Preflight) -> str:
    parts = [counted(found.updates, "update")]
    if found.seconds is not None:
        parts.append(f"about {duration(found.seconds)}")
    if found.memory_mb is not None:
        parts.append(f"about {found.memory_mb / 1024:.1f} GB of memory ({found.free_mb / 1024:.1f} GB free)")
    return " · ".join(parts)


def _start() -> None:
    """Callback: queue the run and show it."""

    def launch() -> str:
        values = form_values([*SHOWN, *advanced_names(PPOConfig, SHOWN)], "ppo")
        state = st.session_state
        config = PPORunConfig(
            reward_model_id=state["ppo_reward_model"],
            model_id=state.get("ppo_model_id"),
            branch_from=state.get("ppo_branch"),
            snapshot=state.get("ppo_snapshot"),
            tags=tuple(state.get("ppo_tags", ())),
            prompts_limit=state.get("ppo_prompts_limit"),
            pause_on_alarm=bool(state.get("ppo_pause_on_alarm")),
            despite_verdict=bool(state.get("ppo_despite_verdict")),
            ppo=PPOConfig(**values),
        )
        return launch_ppo(services.workspace(), config, identity.person() or "")

    run_id = attempt("ppo", launch)
    if run_id:
        st.session_state["ppo_run"] = run_id
        st.session_state["ppo_part"] = "Runs and results"

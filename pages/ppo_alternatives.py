"""Starting DPO or RLOO on the same votes, prompts and reward model, to be compared with PPO."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from pydantic import BaseModel

from pages import identity, services
from pages.components import attempt, problem
from pages.components_forms import (
    advanced,
    advanced_names,
    changed,
    command_line,
    field_inputs,
    form_values,
    model_choice,
)
from workbench.alternatives.config import DPORunConfig, RLOORunConfig
from workbench.launch.alternatives import launch_dpo, launch_rloo
from workbench.models.registry import list_models

CHOSEN_ELSEWHERE = ("snapshot", "tags", "prompts_limit", "despite_verdict")
METHODS: dict[str, tuple[type[BaseModel], Callable[..., str], tuple[str, ...], str]] = {
    "DPO": (
        DPORunConfig,
        launch_dpo,
        ("beta", "epochs", "learning_rate"),
        "Direct preference optimisation learns from the voted pairs themselves, without sampling and without a reward "
        "model; the reward model only measures it. By TRL's trainer.",
    ),
    "RLOO": (
        RLOORunConfig,
        launch_rloo,
        ("kl_coef", "total_episodes", "learning_rate"),
        "REINFORCE leave-one-out answers each prompt several times and compares the answers with each other: PPO's "
        "reward, without a value head and without clipping. By TRL's trainer.",
    ),
}


def alternative(method: str) -> None:
    """The form of one of the other methods."""
    settings, _, shown, words = METHODS[method]
    key = method.lower()
    with st.container(border=True, width=1080):
        st.caption(words)
        reward_models = list_models(services.workspace(), ["reward_model"])
        reward_model_id = model_choice("Reward model", reward_models, f"{key}_reward_model")
        values = field_inputs(settings, shown, key)
        values |= advanced(settings, (*shown, *CHOSEN_ELSEWHERE), key)
        verdict = st.toggle("Start even if the reward model is judged not good enough", key=f"{key}_despite")
        assignments = {"reward_model_id": reward_model_id, "despite_verdict": verdict or None}
        command_line(key, {**assignments, **changed(settings, values)})
        st.button(
            f"Start {method}", type="primary", icon=":material/play_arrow:", key=f"{key}_start", on_click=_start,
            args=(method,),
        )  # fmt: skip
        problem(key)


def _start(method: str) -> None:
    """Callback: queue the run and show it."""
    settings, launch, shown, _ = METHODS[method]
    key = method.lower()

    def queue() -> str:
        names = [*shown, *advanced_names(settings, (*shown, *CHOSEN_ELSEWHERE))]
        given: dict[str, Any] = form_values(names, key)
        given |= {
            "reward_model_id": st.session_state[f"{key}_reward_model"],
            "despite_verdict": bool(st.session_state.get(f"{key}_despite")),
        }
        return launch(services.workspace(), settings(**given), identity.person() or "")

    run_id = attempt(key, queue)
    if run_id:
        st.session_state["ppo_run"] = run_id
        st.session_state["ppo_part"] = "Runs and results"

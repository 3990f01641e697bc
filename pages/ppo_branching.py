"""Starting a run that goes on from a checkpoint of another one, with some settings changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages import identity, services
from pages.components import attempt
from workbench.errors import InvalidInput
from workbench.launch.ppo import launch_ppo
from workbench.ppo.config import PPORunConfig


def branch(place: str, run_id: str, step: int | None, changes: Mapping[str, Any]) -> None:
    """Callback: queue a branch and show it. ``step`` None begins anew from the SFT model."""

    def launch() -> str:
        run = services.workspace().runs.get(run_id)
        config = dict(run.config) | {"branch_from": None if step is None else f"{run_id}:{step}"}
        settings = dict(config.get("ppo") or {})
        unknown = sorted(set(changes) - settings.keys())
        if unknown:
            raise InvalidInput(f"'{unknown[0]}' is no setting of PPO.")
        config["ppo"] = settings | dict(changes)
        return launch_ppo(services.workspace(), PPORunConfig.model_validate(config), identity.person() or "")

    new = attempt(place, launch)
    if new:
        st.session_state["ppo_run"] = new

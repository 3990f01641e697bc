"""Driving the PPO page: where it is, clicks, its texts, and a run's checkpoint."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import texts, unbroken
from workbench.ppo.config import PPOConfig
from workbench.runs.run_dir import RunDir
from workbench.workspace import Workspace

PAGE = "step5_ppo.py"
KL_COEF = PPOConfig().kl_coef


def click(app: AppTest, key: str) -> AppTest:
    return unbroken(app.button(key=key).click().run())


def plain(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def checkpoint(ws: Workspace, run_id: str, step: int) -> None:
    run_dir = RunDir(ws.root / ws.runs.get(run_id).directory)
    run_dir.save_checkpoint(step, lambda folder: (folder / "ppo_state.pt").write_bytes(b"state") and None)

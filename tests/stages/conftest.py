"""A workspace in which all four steps have run: made once, and copied for each file of tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stages.running import PPO, SFT, run_stage
from workbench.demo.annotators import simulate_votes
from workbench.demo.load import load_demo_company
from workbench.launch.pairs import launch_pairs
from workbench.launch.ppo import launch_ppo
from workbench.launch.reward_model import launch_reward_model
from workbench.launch.sft import launch_sft
from workbench.ppo.config import PPORunConfig
from workbench.preferences.config import PairsConfig
from workbench.reward_model.config import RewardModelConfig
from workbench.runs.events import Finished
from workbench.workspace import Workspace


@pytest.fixture(scope="session")
def finished_loop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed workspace in which all four steps have run, briefly."""
    root = tmp_path_factory.mktemp("loop") / "workspace"
    with Workspace.open(root, owner="test") as ws:
        load_demo_company(ws)
        keep_facts(ws, facts=20)
        assert isinstance(run_stage(ws, launch_sft(ws, SFT, "test")), Finished)
        pairs = PairsConfig(model_id="sft-001", max_new_tokens=8, temperature=1.5)
        assert isinstance(run_stage(ws, launch_pairs(ws, pairs, "test")), Finished)
        simulate_votes(ws)
        reward_model = RewardModelConfig(model_id="sft-001", votes="simulated", epochs=4, batch_size=4)
        assert isinstance(run_stage(ws, launch_reward_model(ws, reward_model, "test")), Finished)
        ppo = PPORunConfig(despite_verdict=True, reward_model_id="reward_model-001", evaluate_limit=4, ppo=PPO)
        assert isinstance(run_stage(ws, launch_ppo(ws, ppo, "test")), Finished)
    return root


@pytest.fixture(scope="module")
def loop(finished_loop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A copy of it that the tests of one file share."""
    root = tmp_path_factory.mktemp("copy") / "workspace"
    shutil.copytree(finished_loop, root)
    with Workspace.open(root, owner="test") as ws:
        yield ws


def keep_facts(ws: Workspace, facts: int) -> None:
    rows = ws.demonstrations.list()
    kept = sorted({row.fact_id or "" for row in rows})[:facts]
    for row in rows:
        if row.fact_id not in kept:
            ws.demonstrations.delete(row.id, "test")

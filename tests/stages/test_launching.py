"""What runs can start from, rows that are too long, and launches that are refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from storage.demonstrations import Demonstration
from tests.stages.running import PPO, SFT, run_stage
from workbench.demo.load import load_demo_company
from workbench.errors import InvalidInput, ModelError, NotFound, NotReady
from workbench.launch.pairs import launch_pairs
from workbench.launch.ppo import launch_ppo
from workbench.launch.reward_model import launch_reward_model
from workbench.launch.sft import launch_sft
from workbench.models.loading import EMBEDDED_DIR
from workbench.models.registry import get_model
from workbench.ppo.config import PPORunConfig
from workbench.preferences.config import PairsConfig
from workbench.reward_model.config import RewardModelConfig
from workbench.runs.events import Finished
from workbench.workspace import Workspace


def test_long_rows_are_reported_and_break_nothing(loop: Workspace) -> None:
    rows = loop.demonstrations.list(split="train", limit=2)
    loop.demonstrations.add_many(
        [
            _variant(rows[0], "long-answer", prompt="Explain it all", response="Ünïcödé **words** [x](http://y) " * 80),
            _variant(rows[1], "long-prompt", prompt="Why, " * 900 + "why?", response="Because."),
        ]
    )
    run_id = launch_sft(loop, SFT.model_copy(update={"epochs": 1, "max_length": 128}), "test")
    try:
        assert isinstance(run_stage(loop, run_id), Finished)
        notices = [notice.message for notice in loop.notices.list(run_id)]
        assert any("longer than 128 tokens" in notice for notice in notices)
        assert any("alone fill 128 tokens" in notice for notice in notices)
        ppo = PPO.model_copy(update={"total_episodes": 8, "max_prompt_tokens": 64})
        config = PPORunConfig(despite_verdict=True, reward_model_id="reward_model-001", evaluate_limit=2, ppo=ppo)
        ppo_id = launch_ppo(loop, config, "test")
        assert isinstance(run_stage(loop, ppo_id), Finished)
        assert any("left out" in notice.message for notice in loop.notices.list(ppo_id))
    finally:
        for name in ("long-answer", "long-prompt"):
            loop.demonstrations.delete(name, "test")


def _variant(row: Demonstration, name: str, **changes: str) -> Demonstration:
    return replace(row, id=name, **changes)  # type: ignore[arg-type]


def test_a_model_folder_can_be_the_start_and_says_what_it_lacks(loop: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "brought"
    shutil.copytree(EMBEDDED_DIR, folder)
    config = SFT.model_copy(update={"model_id": str(folder), "epochs": 0.5})
    run_id = launch_sft(loop, config, "test")
    assert isinstance(run_stage(loop, run_id), Finished)
    assert get_model(loop, run_id).spec.base == str(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="no weights"):
        launch_sft(loop, config, "test")


def test_launching_without_what_a_step_needs_says_so_and_leaves_nothing(workspace: Workspace) -> None:
    with pytest.raises(NotReady, match="no approved demonstration"):
        launch_sft(workspace, SFT, "test")
    with pytest.raises(NotFound, match="no model 'sft-009'"):
        launch_pairs(workspace, PairsConfig(model_id="sft-009"), "test")
    load_demo_company(workspace)
    with pytest.raises(NotReady, match="No pair has been decided"):
        launch_reward_model(workspace, RewardModelConfig(model_id="base"), "test")
    with pytest.raises(InvalidInput, match="no reward model"):
        launch_ppo(workspace, PPORunConfig(reward_model_id="base"), "test")
    assert workspace.runs.list() == []
    assert list((workspace.root / "runs").iterdir()) == []

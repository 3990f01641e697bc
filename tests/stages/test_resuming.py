"""Runs that were stopped, killed or steered: they go on and end as if nothing had happened."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.stages.running import PPO, SFT, figures, resume_ppo, run_ppo, run_stage, weights_of
from workbench.launch.ppo import launch_ppo
from workbench.launch.reward_model import launch_reward_model
from workbench.launch.sft import launch_sft
from workbench.ppo.config import PPORunConfig
from workbench.reward_model.config import RewardModelConfig
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Stopped
from workbench.runs.run_dir import RunDir
from workbench.workspace import Workspace


@pytest.mark.parametrize("kind", ["sft", "reward_model", "ppo"])
def test_a_stopped_run_goes_on_and_ends_with_the_same_weights(loop: Workspace, kind: str) -> None:
    launchers = {
        "sft": lambda: launch_sft(loop, SFT, "test"),
        "reward_model": lambda: launch_reward_model(
            loop, RewardModelConfig(model_id="sft-001", votes="simulated", epochs=4, batch_size=4), "test"
        ),
        "ppo": lambda: launch_ppo(
            loop,
            PPORunConfig(despite_verdict=True, reward_model_id="reward_model-001", evaluate_limit=4, ppo=PPO),
            "test",
        ),
    }
    run_id = launchers[kind]()
    stopped = run_stage(loop, run_id, stop_at=2)
    assert isinstance(stopped, Stopped)
    assert stopped.step >= 2
    assert isinstance(run_stage(loop, run_id), Finished)
    weights = {"sft": ".", "reward_model": "adapter", "ppo": "policy"}[kind]
    whole = load_file(loop.root / "runs" / f"{kind}-001" / "final" / weights / "adapter_model.safetensors")
    resumed = load_file(loop.root / "runs" / run_id / "final" / weights / "adapter_model.safetensors")
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_a_checkpoint_torn_by_a_kill_is_not_resumed_from(loop: Workspace) -> None:
    run_id = launch_sft(loop, SFT, "test")
    stopped = run_stage(loop, run_id, stop_at=2)
    checkpoints = loop.root / "runs" / run_id / "checkpoints"
    shutil.copytree(checkpoints / f"checkpoint-{stopped.step}", checkpoints / "checkpoint-99")  # type: ignore[union-attr]
    (checkpoints / "checkpoint-99" / "DONE").unlink()
    (checkpoints / "checkpoint-99" / "adapter_model.safetensors").write_bytes(b"torn")
    assert isinstance(run_stage(loop, run_id), Finished)
    assert not (checkpoints / "checkpoint-99").exists()


def test_a_steered_run_that_crashed_ends_as_one_that_did_not(loop: Workspace) -> None:
    from workbench.runs.steering import steer

    def steering(context: RunContext, event: Any) -> None:
        if event.type == "metric" and event.step == 2 and "loss/policy" in event.values:
            steer(context.dir, kl_coef=0.9, learning_rate=2e-3, checkpoint=1.0)

    whole = run_ppo(loop, steering)
    messages = [notice.message for notice in loop.notices.list(whole)]
    assert f"After update 2: kl_coef from {PPO.kl_coef:g} to 0.9." in messages
    assert figures(loop, whole)[(3, "objective/kl_coef")] == 0.9
    assert figures(loop, whole)[(2, "objective/kl_coef")] == PPO.kl_coef

    def crashing(context: RunContext, event: Any) -> None:
        steering(context, event)
        if event.type == "metric" and event.step == 4:
            raise KeyboardInterrupt

    engine = PPO.model_copy(update={"checkpoint_every": 99})
    config = PPORunConfig(despite_verdict=True, reward_model_id="reward_model-001", evaluate_limit=2, ppo=engine)
    run_id = launch_ppo(loop, config, "test")
    with pytest.raises(KeyboardInterrupt):
        resume_ppo(loop, run_id, crashing)
    run_dir = RunDir(loop.root / "runs" / run_id)
    assert run_dir.complete_checkpoints().keys() == {2}, "the checkpoint that was asked for"
    shutil.rmtree(run_dir.checkpoints)  # so it goes back to before the change, and has to make it again
    run_dir.control_path.unlink()
    resume_ppo(loop, run_id)
    ours, theirs = weights_of(loop, run_id), weights_of(loop, whole)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)

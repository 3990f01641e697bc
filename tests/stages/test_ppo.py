"""PPO in more than its default way: checkpoints, branches, full fine-tuning, another trunk, the alarm."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.stages.running import figures, run_ppo, weights_of
from workbench.errors import InvalidInput, NotFound
from workbench.launch.ppo import launch_ppo
from workbench.models.loading import load_merged
from workbench.models.registry import get_model
from workbench.ppo.config import PPORunConfig
from workbench.runs.context import RunContext
from workbench.runs.run_dir import RunDir
from workbench.workspace import Workspace


def test_the_best_checkpoint_is_kept_and_can_be_given_out(loop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.ppo.evaluation import Evaluator

    worth = iter([3.0, 9.0, 1.0, 2.0])
    monkeypatch.setattr(Evaluator, "worth", lambda *_: next(worth))
    settings = {
        "evaluate_every": 1,
        "checkpoint_every": 1,
        "keep_checkpoints": 1,
        "publish": "best",
        "publish_share": 1.0,
    }
    run_id = run_ppo(loop, ppo={**settings, "publish_share": 1.0})
    run_dir = RunDir(loop.root / "runs" / run_id)
    assert run_dir.complete_checkpoints().keys() == {2, 3, 4}, "the best one, and three that nothing spoke against"
    assert loop.runs.get(run_id).summary["best_step"] == 2
    best = torch.load(run_dir.checkpoints / "checkpoint-2" / "ppo_state.pt", weights_only=True)["parameters"]
    given = weights_of(loop, run_id)
    for name, value in given.items():
        assert torch.equal(value, best[name.replace("base_model.model", "model.base_model.model").replace(
            ".weight", ".policy.weight")])  # fmt: skip
    names = set(loop.metrics.latest(run_id))
    assert {"eval/score", "eval/reward", "eval/kl", "eval/length", "eval/repetition"} <= names


def test_a_new_run_branches_from_a_checkpoint(loop: Workspace) -> None:
    with pytest.raises(NotFound, match="no checkpoint of step '3'; it has: 2, 4"):
        run_ppo(loop, branch_from="ppo-001:3")
    with pytest.raises(InvalidInput, match="no PPO run"):
        run_ppo(loop, branch_from="sft-001")
    run_id = run_ppo(loop, branch_from="ppo-001:2", ppo={"total_episodes": 8})
    values = figures(loop, run_id)
    assert abs(values[(1, "objective/kl")]) > 1e-6, "it starts where the other one was, away from the SFT model"
    assert get_model(loop, run_id).parent_id == "sft-001"


def test_full_fine_tuning_gives_a_whole_model(loop: Workspace) -> None:
    run_id = run_ppo(loop, ppo={"total_episodes": 16, "method": "full", "learning_rate": 1e-4})
    model = get_model(loop, run_id)
    assert model.spec.adapters == ()
    ids = torch.tensor([[5, 60, 70, 80]])
    with torch.no_grad():
        ours, sft = (load_merged(get_model(loop, name).spec, loop.root)(ids).logits for name in (run_id, "sft-001"))
    assert 1e-6 < (ours - sft).abs().max() < 5.0


def test_a_reward_model_on_another_trunk_scores_texts(loop: Workspace) -> None:
    """The base model is optimised against a reward model that was built on the SFT model."""
    run_id = run_ppo(loop, model_id="base", ppo={"total_episodes": 8})
    assert get_model(loop, run_id).spec.adapters == (f"runs/{run_id}/final/policy",)
    assert get_model(loop, run_id).parent_id == "base"
    with pytest.raises(InvalidInput, match="Say with model_id which model"):
        launch_ppo(loop, PPORunConfig(reward_model_id="some/classifier"), "test")


def test_the_alarm_pauses_a_run_once_and_it_goes_on_when_told(loop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.diagnosis.hacking import Alarm
    from workbench.ppo import watch
    from workbench.runs.steering import steer

    def alarm(series: Any, *, ended: bool) -> Alarm | None:  # noqa: ARG001
        late = max((step for step, _ in series.get("eval/score", [(0, 0.0)])), default=0) >= 2
        return Alarm("Since update 0 the score has risen, but it repeats itself.", (), 0, 0.0, 1.0) if late else None

    monkeypatch.setattr(watch, "hacking_alarm", alarm)
    paused: list[int] = []

    def go_on(context: RunContext, event: Any) -> None:
        if event.type == "steered" and event.setting == "pause" and event.after == 1.0:
            paused.append(event.step)
            steer(context.dir, pause=False)

    settings = {"evaluate_every": 1, "evaluation_prompts": 4}
    run_id = run_ppo(loop, go_on, pause_on_alarm=True, ppo=settings)
    assert paused == [2]
    messages = [notice.message for notice in loop.notices.list(run_id)]
    assert "Reward-hacking alarm: Since update 0 the score has risen, but it repeats itself." in messages
    assert [(row.step, row.setting) for row in loop.interventions.list(run_id)] == [(2, "pause"), (2, "pause")]
    first = loop.metrics.series(run_id, ["eval/win_rate", "eval/kl"])
    assert first[first.step == 0].set_index("name")["value"].to_dict() == pytest.approx(
        {"eval/win_rate": 0.5, "eval/kl": 0.0}, abs=1e-4
    )

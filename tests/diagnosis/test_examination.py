"""A run of a workspace is examined: its settings as they are now, the alarm's examples, the checkpoint before."""

from __future__ import annotations

import pytest

from storage.interventions import Intervention
from storage.samples import StoredSample
from tests.pages import seeding
from tests.pages.seeding import NOW
from workbench.diagnosis.examination import examine_run, readings_of
from workbench.ppo.config import PPORunConfig
from workbench.workspace import Workspace

LATE = "please please please please help help"


@pytest.fixture
def hacked(workspace: Workspace) -> str:
    """A run whose score rises while it begins to repeat itself after update 20."""
    reward = seeding.run(workspace, "reward_model", "finished", {}, summary={"score_range": [-2.0, 2.0]})
    config = PPORunConfig(reward_model_id=reward).model_dump(mode="json")
    run_id = seeding.run(workspace, "ppo", "running", config)
    readings = zip(range(0, 50, 10), [0.0, 0.3, 0.6, 1.0, 1.4], [0.0, 0.0, 0.01, 0.2, 0.5], strict=True)
    workspace.metrics.add_steps(
        run_id, [(step, {"eval/score": score, "eval/repetition": repeated}) for step, score, repeated in readings]
    )
    texts = {0: "On the third floor.", 20: "On the third floor, please.", 40: LATE}
    workspace.samples.add_many(
        [StoredSample(run_id, step, True, "Where is HR?", text, step / 30, 0.1, 6) for step, text in texts.items()]
    )
    return run_id


def test_the_alarm_comes_with_examples_and_the_checkpoint_before(workspace: Workspace, hacked: str) -> None:
    found = examine_run(workspace, workspace.runs.get(hacked), checkpoints=[10, 20, 30, 40])
    assert found.alarm is not None
    assert found.alarm.before == 20
    assert found.checkpoint == 20
    (example,) = found.examples
    assert (example.before, example.now) == ("On the third floor, please.", LATE)
    assert "5 → 6 words" in example.what
    assert "4 more words that it had said before" in example.what


def test_without_an_older_checkpoint_there_is_none_to_offer(workspace: Workspace, hacked: str) -> None:
    assert examine_run(workspace, workspace.runs.get(hacked), checkpoints=[30, 40]).checkpoint is None


def test_the_last_evaluation_alone_speaks_only_once_the_run_has_ended(workspace: Workspace) -> None:
    run_id = seeding.run(workspace, "ppo", "running", PPORunConfig(reward_model_id="x").model_dump(mode="json"))
    readings = zip((0, 10, 20), (0.0, 0.3, 0.9), (0.0, 0.0, 0.5), strict=True)
    workspace.metrics.add_steps(run_id, [(s, {"eval/score": a, "eval/repetition": b}) for s, a, b in readings])
    assert examine_run(workspace, workspace.runs.get(run_id), []).alarm is None
    workspace.runs.update(run_id, status="stopped")
    alarm = examine_run(workspace, workspace.runs.get(run_id), []).alarm
    assert alarm is not None
    assert (alarm.last_only, alarm.before) == (True, 10)


def test_readings_hold_what_was_changed_and_the_reward_models_range(workspace: Workspace, hacked: str) -> None:
    workspace.interventions.add(Intervention(hacked, 12, "learning_rate", 1e-3, 2e-4, NOW))
    workspace.interventions.add(Intervention(hacked, 12, "pause", 0.0, 1.0, NOW))
    found = readings_of(workspace, workspace.runs.get(hacked))
    assert found.settings["learning_rate"] == 2e-4
    assert "pause" not in found.settings
    assert found.score_range == (-2.0, 2.0)


def test_of_a_long_run_both_ends_are_whole(workspace: Workspace) -> None:
    run_id = seeding.run(workspace, "ppo", "running", PPORunConfig(reward_model_id="x").model_dump(mode="json"))
    workspace.metrics.add_steps(run_id, [(step, {"objective/kl": float(step)}) for step in range(1, 10_001)])
    steps = [step for step, _ in readings_of(workspace, workspace.runs.get(run_id)).series["objective/kl"]]
    assert steps[:40] == list(range(1, 41))
    assert steps[-40:] == list(range(9_961, 10_001))
    assert len(steps) < 300

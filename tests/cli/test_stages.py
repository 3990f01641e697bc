"""The commands that run a step: their settings, progress and outcome."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.runs import Run
from tests.cli.conftest import Cli, add_sft_model, finished_run
from workbench.errors import NotReady, RunError
from workbench.ppo.config import PPOConfig
from workbench.workspace import Workspace


def test_a_stage_prints_its_outcome(cli: Cli, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_sft_model(root)
    launched: dict[str, Any] = {}

    def launch(_: Workspace, config: Any, created_by: str) -> str:
        launched.update(config=config, created_by=created_by)
        return "sft-001"

    def run_to_end(_: Workspace, run_id: str, on_progress: Callable[[Run], None]) -> Run:
        on_progress(finished_run(status="running", phase="training", done=1, total=4, eta_seconds=200))
        return finished_run(run_id, summary={"accuracy": float("nan"), "nested": {"x": 2}})

    monkeypatch.setattr("workbench.launch.reward_model.launch_reward_model", launch)
    monkeypatch.setattr("workbench.runs.foreground.run_to_end", run_to_end)
    found = cli("reward-model", "--set", "epochs=3", "--set", "votes=simulated", "--json")
    assert found.code == 0
    assert found.json == {
        "run": "sft-001",
        "kind": "sft",
        "status": "finished",
        "model": "sft-001",
        "summary": {"accuracy": None, "nested": {"x": 2}},
        "evaluations": [],
    }
    assert found.err == "sft-001: training  25%, 3 min 20 s left\n"
    assert (launched["config"].model_id, launched["config"].epochs) == ("sft-001", 3)
    assert launched["config"].votes == "simulated"
    assert "nested.x" in cli("reward-model").out


def test_settings_from_a_file_and_nested_ones(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configs: list[Any] = []

    def launch(_: Workspace, config: Any, __: str) -> str:
        configs.append(config)
        raise NotReady("Enough seen.")

    monkeypatch.setattr("workbench.launch.ppo.launch_ppo", launch)
    file = tmp_path / "config.json"
    file.write_text('{"run_id": "ppo-001", "config": {"reward_model_id": "r", "ppo": {"kl_coef": 0.2, "seed": 3}}}')
    assert (
        cli("ppo", "--config", file, "--set", "kl_coef=0.5", "--set", "ppo.lam=0.9", "--set", "evaluate_limit=7").code
        == 1
    )
    toml = tmp_path / "config.toml"
    toml.write_text('reward_model_id = "r"\n[ppo]\nseed = 4\n')
    cli("ppo", "--config", toml)
    assert [(c.reward_model_id, c.ppo.kl_coef, c.ppo.lam, c.ppo.seed, c.evaluate_limit) for c in configs] == [
        ("r", 0.5, 0.9, 3, 7),
        ("r", PPOConfig().kl_coef, 0.95, 4, 200),
    ]
    file.write_text("[1, 2]")
    assert cli("ppo", "--config", file).code == 2


@pytest.mark.parametrize(
    ("ending", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "Stopped sft-001; its last checkpoint is kept. Go on with: workbench runs resume"),
        (RunError("The loss is not a number."), 1, "error: The loss is not a number."),
    ],
)
def test_a_stage_that_does_not_finish(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, ending: BaseException, code: int, words: str
) -> None:
    def run_to_end(*_: Any) -> Run:
        raise ending

    monkeypatch.setattr("workbench.launch.sft.launch_sft", lambda *_: "sft-001")
    monkeypatch.setattr("workbench.runs.foreground.run_to_end", run_to_end)
    found = cli("sft", "--json")
    assert (found.code, found.out) == (code, "")
    assert found.err.startswith(words)
    assert found.err.count("\n") == 1


def test_the_demo_prints_its_report(cli: Cli, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.demo.pipeline import DemoProgress

    def run_demo(folder: Path, *, demonstrations: Path | None, seed: int, on_progress: Any) -> dict[str, Any]:
        assert (folder, demonstrations, seed) == (root, None, 7)
        on_progress(DemoProgress("sft", "training", 1, 2, 30.0))
        return {"sft": {"base": {"bleu": 1.0}}, "seconds": 2.5}

    monkeypatch.setattr("workbench.demo.pipeline.run_demo", run_demo)
    found = cli("demo", "--seed", "7", "--json")
    assert found.json == {"sft": {"base": {"bleu": 1.0}}, "seconds": 2.5}
    assert found.err == "sft: training  50%, 30 s left\n"
    assert "sft.base.bleu" in cli("demo", "--seed", "7").out

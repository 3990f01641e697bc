"""The commands about runs and models, and steering a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, add_sft_model, finished_run
from workbench.workspace import Workspace


def test_runs_and_models(cli: Cli, root: Path) -> None:
    add_sft_model(root)
    with Workspace.open(root) as ws:
        ws.runs.add(finished_run())
        ws.metrics.add_many("sft-001", 3, {"train/loss": 0.5})
    assert [run["id"] for run in cli("runs", "--json").json["runs"]] == ["sft-001"]
    shown = cli("runs", "show", "sft-001", "--json").json
    assert (shown["status"], shown["metrics"]) == ("finished", {"train/loss": 0.5})
    assert cli("runs", "--json", "show", "sft-001").json == shown
    assert "metrics: train/loss" in cli("runs", "show", "sft-001").out
    assert cli("runs", "stop", "sft-001", "--json").json["status"] == "finished"
    assert [model["id"] for model in cli("models", "--json").json["models"]] == ["base", "sft-001"]
    model = cli("models", "show", "sft-001", "--json").json
    assert (model["parent_id"], model["spec"]["adapters"]) == ("base", ["runs/sft-001/final"])
    assert cli("runs", "rm", "sft-001", "--json").json == {"removed": "sft-001"}
    assert cli("runs", "--json").json == {"runs": []}


def test_a_run_is_steered_even_while_another_process_has_the_workspace(cli: Cli, root: Path) -> None:
    folder = root / "runs" / "ppo-001"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    with Workspace.open(root, owner="the app"):
        told = cli("runs", "steer", "ppo-001", "--kl-coef", "0.4", "--pause", "--json").json
        assert told == {"run": "ppo-001", "wanted": {"pause": True, "kl_coef": 0.4}}
        assert cli("runs", "steer", "ppo-001", "--go-on", "--checkpoint").code == 0
    control = json.loads((folder / "control.json").read_text())
    assert (control["pause"], control["kl_coef"]) == (False, 0.4)
    assert control["checkpoint"] > 1e9


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("ppo-001",), "Say what to change"),
        (("ppo-009", "--pause"), "There is no run ppo-009"),
        (("../../elsewhere", "--pause"), "There is no run"),
        (("ppo-001", "--kl-coef", "-1"), "kl_coef"),
    ],
)
def test_steering_that_cannot_be_followed_is_one_line(
    cli: Cli, root: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    (root / "runs" / "ppo-001").mkdir(parents=True)
    (root / "runs" / "ppo-001" / "config.json").write_text("{}")
    outcome = cli("runs", "steer", *arguments)
    assert outcome.code == 1
    assert sentence in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1
    assert not (root / "runs" / "ppo-001" / "control.json").exists()


def test_ids_are_whole_in_a_narrow_terminal_and_nothing_is_cut_off(
    cli: Cli, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    with Workspace.open(root) as ws:
        ws.runs.add(finished_run("reward_model-001", phase="answering held-out prompts"))
    table = cli("runs").out
    assert "reward_model-001" in table.split()
    assert "…" not in table


def test_workspaces_names_the_one_in_use_and_those_beside_it(
    cli: Cli, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(root.parent / "state"))
    before = cli("workspaces", "--json").json
    assert before == {"current": str(root), "workspaces": []}
    assert "does not exist yet" in cli("workspaces").out
    cli("runs")
    Workspace.open(root.parent / "other team").close()
    shown = cli("workspaces", "--json").json
    assert {entry["root"] for entry in shown["workspaces"]} == {str(root), str(root.parent / "other team")}
    (line,) = [line for line in cli("workspaces").out.splitlines() if line.startswith("*")]
    assert root.name in line

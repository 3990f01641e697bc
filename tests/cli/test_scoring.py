"""Reward models at work on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from workbench.models.spec import ModelSpec
from workbench.workspace import Workspace


def add_reward_model(root: Path) -> None:
    from storage.models import Model

    spec = ModelSpec(adapters=("runs/reward_model-001/final/adapter",)).model_dump(mode="json")
    with Workspace.open(root, owner="test") as ws:
        ws.models.add(Model("reward_model-001", "", "reward_model", spec, None, "base", datetime.now(UTC)))


def test_a_file_is_scored(cli: Cli, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.reward_model.ensemble import RewardEnsemble

    class Length:
        def score(self, prompts: list[str], responses: list[str]) -> list[float]:
            return [float(len(response)) for _, response in zip(prompts, responses, strict=True)]

    add_reward_model(root)
    monkeypatch.setattr("workbench.reward_model.ensemble.load_reward_model", lambda *_: RewardEnsemble([Length()]))
    file = tmp_path / "answers.jsonl"
    file.write_text('{"prompt": "Where?", "response": "There."}\n{"prompt": "Who?"}\n', encoding="utf-8")
    found = cli("score", "reward_model-001", file, "--json").json
    assert found["rows"] == [{"prompt": "Where?", "response": "There.", "score": 6.0}]
    assert found["rejected"] == [{"row": 2, "reason": "no text in the column response"}]
    assert cli("score", "reward_model-001", file).out.split() == ["score", "response", "6", "There."]
    told = cli("score", "reward_model-001", file, "--out", tmp_path / "scored.jsonl")
    assert (told.code, told.out) == (0, "")
    assert '"score": 6.0' in (tmp_path / "scored.jsonl").read_text(encoding="utf-8")
    assert cli("score", "base", file).code == 2
    assert cli("score", "reward_model-009", file).code == 1


def test_best_of_n_needs_a_reward_model_and_demonstrations(cli: Cli, root: Path) -> None:
    add_reward_model(root)
    assert "is no reward model" in cli("best-of-n", "base").err
    assert "No approved demonstration is in the test split" in cli("best-of-n", "reward_model-001").err
    assert cli("best-of-n", "reward_model-001", "--set", "prompts=1").code == 2

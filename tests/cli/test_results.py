"""Agreement, leaderboard and chat on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from workbench.models.spec import ModelSpec


def test_agreement_and_leaderboard_of_nothing(cli: Cli) -> None:
    assert cli("agreement", "--json").json == {
        "pairs": 0,
        "votes": 0,
        "annotators": 0,
        "krippendorff_alpha": None,
        "fleiss_kappa": None,
        "cohen_kappa": {},
        "majority": {"a": 0, "b": 0, "tie": 0},
        "ci": {"krippendorff_alpha": None, "fleiss_kappa": None, "cohen_kappa": {}},
        "by_tag": {},
        "excluded": 0,
    }
    assert cli("leaderboard", "--json").json == {
        "models": [],
        "win_rates": [],
        "separation": None,
        "length_effect": None,
    }
    assert "nothing to rank" in cli("leaderboard").err


def test_agreement_and_leaderboard_of_votes(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "votes.jsonl"
    row = {"response_a": "x", "response_b": "y", "model_a": "base", "model_b": "sft-001"}
    lines = [
        row | {"prompt": f"{n}?", "choice": choice, "annotator": name, "simulated": name == "bot"}
        for n, choices in enumerate(("aab", "bbb", "abb"))
        for name, choice in zip(("kim", "lee", "bot"), choices, strict=True)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    cli("import", path, "--as", "preferences")
    found = cli("agreement", "--json").json
    assert (found["votes"], found["majority"]) == (6, {"a": 1, "b": 1, "tie": 1})
    assert list(found["cohen_kappa"]) == ["kim|lee"]
    models = cli("leaderboard", "--json").json["models"]
    assert [(m["model"], sorted(m)) for m in models] == [
        ("base", ["ci", "model", "strength", "votes"]),
        ("sft-001", ["ci", "model", "strength", "votes"]),
    ]
    assert models[0]["votes"] == 6
    assert cli("agreement", "--votes", "simulated", "--json").json["votes"] == 3
    assert "Cohen's kappa kim|lee" in cli("agreement").out
    audited = cli("agreement", "--audit", "--json").json["audit"]
    assert [(row["annotator"], row["votes"], row["findings"]) for row in audited] == [("kim", 3, []), ("lee", 3, [])]
    assert audited[0]["measures"]["ties"] == {
        "value": 0.0,
        "ci": audited[0]["measures"]["ties"]["ci"],
        "n": 3,
        "others": 0.0,
    }
    assert "agreement" in cli("agreement", "--audit").out
    controlled = cli("leaderboard", "--length-controlled", "--json").json
    assert controlled["length_effect"]["value"] == 0.0  # all responses are equally long
    assert [rate["votes"] for rate in controlled["win_rates"]] == [6, 6]
    assert "as good as even" in cli("leaderboard").err


def test_chat_asks_the_model(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    class Echo:
        def __init__(self, workspace: Path) -> None:
            self.closed = False

        def generate(self, spec: ModelSpec, prompts: list[str], **options: Any) -> list[str]:
            return [f"{prompt}? Floor 2." for prompt in prompts]

        def close(self) -> None:
            self.closed = True

    monkeypatch.setattr("workbench.models.generator.Generator", Echo)
    found = cli("chat", "base", "--prompt", "HR", "--json")
    assert found.json == {"model": "base", "turns": [{"prompt": "HR", "response": "HR? Floor 2."}]}
    assert cli("chat", "base", "--prompt", "HR").out == "HR? Floor 2.\n"

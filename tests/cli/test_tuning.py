"""The commands beside PPO: what they refuse, and making a model the chatbot by votes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.votes import Vote
from tests.cli.conftest import Cli
from tests.pages import seeding
from workbench.models.promotion import promoted_model
from workbench.workspace import Workspace


@pytest.fixture
def team(root: Path) -> Path:
    """All four steps done, and a reward model that is judged unfit."""
    with Workspace.open(root) as ws:
        seeding.demonstrations(ws)
        sft = seeding.sft(ws)
        reward = seeding.reward_model(ws, sft)
        verdict = {"verdict": "not_yet", "reasons": ["It is right on 55% of held-out pairs."]}
        ws.runs.update(reward, summary=ws.runs.get(reward).summary | {"verdict": verdict})
        ppo = seeding.ppo(ws, reward, sft)
        made = seeding.pairs(ws, ppo, sft, number=20)
        ada = ws.annotators.get_or_create("Ada", "person")
        now = datetime.now(UTC)
        ws.votes.add_many([Vote(f"v{i}", pair, ada.id, "a", "a", False, 5.0, now) for i, pair in enumerate(made)])
    return root


@pytest.mark.parametrize("command", ["ppo", "rloo"])
def test_an_unfit_reward_model_is_refused(team: Path, cli: Cli, command: str) -> None:
    ended = cli(command)
    assert ended.code == 1
    assert "judged not yet good enough to optimise against. It is right on 55% of held-out pairs." in ended.err
    assert "despite_verdict=true" in ended.err
    with Workspace.open(team) as ws:
        assert len(ws.runs.list(kind="ppo")) == 1
        assert ws.runs.list(kind="rloo") == []


def test_dpo_needs_the_votes_of_its_reward_model(team: Path, cli: Cli) -> None:
    ended = cli("dpo")
    assert ended.code == 1
    assert "The pairs that reward_model-001 was trained on are gone" in ended.err
    with Workspace.open(team) as ws:
        assert ws.runs.list(kind="dpo") == []


@pytest.mark.usefixtures("team")
def test_a_verdict_needs_a_tuning_run(cli: Cli) -> None:
    assert "nothing to judge" in cli("verdict", "sft-001").err
    assert cli("verdict", "ppo-777").code == 1
    assert cli("verdict", "ppo-001", "--set", "best_of_n=0").code == 2


def test_votes_promote_on_the_command_line(team: Path, cli: Cli) -> None:
    refused = cli("promote", "sft-001-typo", "--against", "ppo-001")
    assert (refused.code, "There is no model" in refused.err) == (1, True)
    assert cli("promote", "ppo-001", "--against", "sft-001", "--votes", "nobody").code == 2
    assert cli("promote", "ppo-001", "--against", "base").code == 1
    assert cli("promote", "ppo-001", "--against", "sft-001", "--json").json == {"chatbot": "ppo-001"}
    with Workspace.open(team) as ws:
        chosen = promoted_model(ws)
    assert chosen is not None
    assert chosen.id == "ppo-001"

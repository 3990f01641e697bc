"""Was PPO worth it: the verdict, blind votes and the promotion."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.metric_words import with_interval
from storage.votes import Vote
from tests.pages import seeding
from tests.pages.conftest import unbroken, visit
from tests.pages.ppo_driving import PAGE, checkpoint, click, plain
from workbench.models.promotion import promoted_model
from workbench.ppo.config import PPORunConfig
from workbench.runs.run_dir import RunDir, read_json
from workbench.workspace import Workspace

CONTESTANT = {
    "score_ci": [0.0, 0.6], "kl": 0.4, "kl_ci": [0.3, 0.5], "win_rate": 0.6, "win_rate_ci": [0.5, 0.7], "tokens": 20.0,
    "tokens_ci": [18.0, 22.0], "similarity_change": 0.0, "similarity_change_ci": [-0.1, 0.1], "fact_change": None,
    "fact_change_ci": None,
}  # fmt: skip


def judged(ws: Workspace, run_id: str, gain: tuple[float, float], sentence: str) -> None:
    rows = [
        CONTESTANT | {"model": "sft-001", "label": "SFT (sft-001)", "role": "sft", "score": 0.1, "score_gain": 0.0,
                      "score_gain_ci": [0.0, 0.0]},
        CONTESTANT | {"model": run_id, "label": run_id, "role": "tuned", "score": 0.3, "score_gain": sum(gain) / 2,
                      "score_gain_ci": list(gain)},
    ]  # fmt: skip
    summary = {"contestants": rows, "sentence": sentence, "sft": "sft-001", "held_out_prompts": 8}
    seeding.run(ws, "verdict", "finished", {"run_id": run_id}, summary=summary)


@pytest.fixture
def ended(ws: Workspace) -> str:
    seeding.demonstrations(ws)
    trunk = seeding.sft(ws)
    return seeding.ppo(ws, seeding.reward_model(ws, trunk), trunk)


def test_a_verdict_run_is_queued_with_what_was_chosen(ws: Workspace, app: AppTest, ended: str) -> None:
    data = ws.root / "runs" / ended / "data"
    run_dir = RunDir(ws.root / "runs" / ended)
    from workbench.demonstrations.snapshots import freeze_demonstrations

    freeze_demonstrations(ws, data)
    config = PPORunConfig(reward_model_id="reward_model-001").model_dump(mode="json")
    run_dir.write_config({"run_id": ended, "config": config, "sft_model_id": "sft-001"})
    checkpoint(ws, ended, 30)
    visit(app, PAGE)
    app.number_input(key="verdict_prompts").set_value(1)
    app.number_input(key="verdict_best_of").set_value(65)
    unbroken(app.run())
    assert "Must be at least 2." in plain(app)
    assert "Must be at most 64." in plain(app)
    click(app, f"verdict_go_{ended}")
    assert ws.runs.list(kind="verdict") == []
    app.number_input(key="verdict_best_of").set_value(4)
    app.number_input(key="verdict_prompts").set_value(8)
    unbroken(app.run())
    click(app, f"verdict_go_{ended}")
    (run,) = ws.runs.list(kind="verdict")
    assert (run.config["run_id"], run.config["prompts"], run.config["checkpoints"]) == (ended, 8, [30])
    assert (ws.root / "runs" / run.id / "judged" / "30" / "ppo_state.pt").is_file()
    stored = read_json(RunDir(ws.root / "runs" / run.id).config_path)
    assert (stored["sft_model_id"], stored["base_model_id"]) == ("sft-001", "base")
    assert set(stored["models"]) == {"sft-001", ended, "reward_model-001", "base"}


def test_the_page_says_when_it_did_not_help(ws: Workspace, app: AppTest, ended: str) -> None:
    judged(ws, ended, (-0.5, -0.1), "It did not help. Keep the SFT model.")
    visit(app, PAGE)
    assert "It did not help. Keep the SFT model." in plain(app)
    assert with_interval("-0.30", "-0.50", "-0.10") in app.table[0].value.to_string()


def test_blind_pairs_are_sent_and_votes_open_the_promotion(ws: Workspace, app: AppTest, ended: str) -> None:
    judged(ws, ended, (0.1, 0.5), "It helped by these measures.")
    visit(app, PAGE, name="Ada")
    assert app.button(key="verdict_promote").disabled
    click(app, f"verdict_send_{ended}")
    (pairs,) = ws.runs.list(kind="pairs", status="pending")
    assert (pairs.config["model_id"], pairs.config["other_model_id"]) == ("sft-001", ended)
    assert pairs.config["splits"] == ["test"]

    made = seeding.pairs(ws, ended, "sft-001", number=20)
    ben = ws.annotators.get_or_create("Ben", "person")
    choices: list[Any] = ["a"] * 17 + ["b"] * 3
    now = datetime.now(UTC)
    ws.votes.add_many([Vote(f"v{i}", pair, ben.id, choices[i], "a", False, 6.0, now) for i, pair in enumerate(made)])
    unbroken(app.run())
    assert f"{ended} wins 85% of 20 votes." in plain(app)
    assert f"{ended} is preferred." in plain(app)
    click(app, "verdict_promote")
    chosen = promoted_model(ws)
    assert chosen is not None
    assert chosen.id == ended
    assert f"Our chatbot is {ended}" in plain(app)
    click(app, "verdict_demote")
    chosen = promoted_model(ws)
    assert chosen is not None
    assert chosen.id == "sft-001"

"""Launching from the PPO page: an unfit reward model, prompts, what it will take, the other methods."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages import seeding
from tests.pages.conftest import unbroken, visit
from tests.pages.ppo_driving import PAGE, click, plain
from workbench.workspace import Workspace


def with_verdict(ws: Workspace, verdict: dict[str, Any]) -> str:
    seeding.demonstrations(ws)
    reward = seeding.reward_model(ws, seeding.sft(ws))
    summary = ws.runs.get(reward).summary | {"verdict": verdict}
    ws.runs.update(reward, summary=summary)
    return reward


def test_an_unfit_reward_model_is_refused_until_it_is_accepted(ws: Workspace, app: AppTest) -> None:
    with_verdict(
        ws, {"verdict": "not_yet", "reasons": ["It is right on 55% of held-out pairs."], "next": ["Vote more."]}
    )
    visit(app, PAGE)
    assert "Not yet good enough to optimise against" in plain(app)
    click(app, "ppo_start")
    assert "judged not yet good enough" in app.error[0].value.replace("\\", "")
    assert ws.runs.list(kind="ppo") == []
    app.toggle(key="ppo_despite_verdict").set_value(True)
    unbroken(app.run())
    assert any("--set despite_verdict=true" in code.value for code in app.code)
    click(app, "ppo_start")
    assert ws.runs.list(kind="ppo")[0].config["despite_verdict"] is True


def test_settings_that_a_verdict_asks_for_are_taken_over(ws: Workspace, app: AppTest) -> None:
    with_verdict(ws, {"verdict": "care", "ppo_settings": {"kl_coef": 1, "unknown": 3}})
    visit(app, PAGE)
    click(app, "ppo_verdict_settings")
    assert app.number_input(key="ppo_kl_coef").value == 1.0
    click(app, "ppo_start")
    assert ws.runs.list(kind="ppo")[0].config["ppo"]["kl_coef"] == 1.0


def test_prompts_are_chosen_by_tag_and_number(ws: Workspace, app: AppTest) -> None:
    with_verdict(ws, {"verdict": "go"})
    visit(app, PAGE)
    app.multiselect(key="ppo_tags").set_value(["hr"])
    app.number_input(key="ppo_prompts_limit").set_value(3)
    unbroken(app.run())
    click(app, "ppo_start")
    (run,) = ws.runs.list(kind="ppo")
    import pyarrow.parquet as pq

    rows = pq.read_table(ws.root / "runs" / run.id / "data" / "demonstrations.parquet").to_pylist()
    train = [row for row in rows if row["split"] == "train"]
    assert len({row["prompt"] for row in train}) == 3
    assert all("hr" in row["tags"] for row in train)
    assert sum(row["split"] == "test" for row in rows) == 8, "held-out rows stay whole"


def test_what_it_will_take_is_scaled_from_an_earlier_run(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    trunk = seeding.sft(ws)
    earlier = seeding.ppo(ws, seeding.reward_model(ws, trunk), trunk)
    timed = {"seconds/generate": 0.6, "seconds/score": 0.2, "seconds/reference": 0.2, "seconds/update": 1.0}
    ws.metrics.add_steps(earlier, [(step, timed) for step in range(1, 41)])
    visit(app, PAGE, ppo_part="New run")
    assert f"Scaled from what {earlier} took" in plain(app)
    assert "40 updates · about 2 min" in plain(app)


@pytest.mark.parametrize(("method", "setting", "value"), [("dpo", "beta", 0.3), ("rloo", "kl_coef", 0.5)])
def test_the_other_methods_start_from_the_same_page(
    ws: Workspace, app: AppTest, method: str, setting: str, value: float
) -> None:
    reward = with_verdict(ws, {"verdict": "go"})
    from workbench.demonstrations.snapshots import PAIRS_FILE

    data = ws.root / "runs" / reward / "data"
    data.mkdir()
    (data / PAIRS_FILE).write_bytes(b"the votes")
    visit(app, PAGE, ppo_way=method.upper())
    app.number_input(key=f"{method}_{setting}").set_value(value)
    unbroken(app.run())
    assert any(f"workbench {method}" in code.value for code in app.code)
    click(app, f"{method}_start")
    (run,) = ws.runs.list(kind=method)  # type: ignore[arg-type]
    assert (run.config[setting], run.config["reward_model_id"]) == (value, reward)
    assert (ws.root / "runs" / run.id / "data" / "demonstrations.parquet").is_file()
    assert (ws.root / "runs" / run.id / "data" / PAIRS_FILE).is_file() == (method == "dpo")


def test_a_number_out_of_bounds_is_said_below_its_field_and_never_replaced_by_another(
    ws: Workspace, app: AppTest
) -> None:
    with_verdict(ws, {"verdict": "go"})
    visit(app, PAGE)
    app.number_input(key="ppo_kl_coef").set_value(-3.0)
    app.number_input(key="ppo_gamma").set_value(1.5)
    unbroken(app.run())
    assert "Must be at least 0." in plain(app)
    assert "Must be at most 1." in plain(app)
    click(app, "ppo_start")
    assert "must be greater than or equal to 0" in app.error[0].value.replace("\\", "")
    assert ws.runs.list(kind="ppo") == []

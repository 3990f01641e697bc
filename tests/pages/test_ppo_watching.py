"""The PPO page on a run: curves, doctor, alarm, time-lapse, frontier, family, steering."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages import ppo_curves
from pages.ppo_charts import curves
from storage.interventions import Intervention
from storage.samples import StoredSample
from tests.pages import seeding
from tests.pages.conftest import unbroken, visit
from tests.pages.ppo_driving import KL_COEF, PAGE, checkpoint, click, plain
from workbench.runs.run_dir import RunDir, read_json
from workbench.workspace import Workspace

EVIL = seeding.EVIL


@pytest.fixture
def live(ws: Workspace) -> str:
    """A PPO run that goes on, with a checkpoint, on a reward model with a verdict."""
    seeding.demonstrations(ws)
    trunk = seeding.sft(ws)
    run_id = seeding.ppo(ws, seeding.reward_model(ws, trunk), trunk, status="running")
    checkpoint(ws, run_id, 20)
    return run_id


def control(ws: Workspace, run_id: str) -> dict[str, Any]:
    return read_json(RunDir(ws.root / ws.runs.get(run_id).directory).control_path)


def hack(ws: Workspace, run_id: str) -> None:
    """Score up, repetition up from update 20 on, with the texts that show it."""
    rows = zip((0, 10, 20, 30, 40), (0.0, 0.3, 0.6, 1.0, 1.4), (0.0, 0.0, 0.0, 0.2, 0.5), strict=True)
    ws.metrics.add_steps(run_id, [(s, {"eval/score": a, "eval/repetition": r, "eval/kl": a}) for s, a, r in rows])
    tokens = {"text": ["please ", EVIL], "kl": [0.4, -0.2], "advantage": [1.0, -1.0]}
    ws.samples.add_many(
        [
            StoredSample(run_id, 20, True, "Where is HR?", "On the third floor.", 0.2, 0.1, 5),
            StoredSample(run_id, 40, True, "Where is HR?", f"please {EVIL}", 1.9, 0.9, 9, tokens),
        ]
    )


def test_interventions_are_marks_on_the_curves(ws: Workspace, app: AppTest, live: str) -> None:
    ws.interventions.add(Intervention(live, 12, "kl_coef", 0.6, 1.2, datetime.now(UTC)))
    visit(app, PAGE)
    assert "update 12: KL coefficient 0.6 → 1.2" in plain(app)
    assert "Healthy: grows slowly, stays below 10" in plain(app)


def test_a_moment_is_drawn_once_and_shown_to_all_who_come_after(
    ws: Workspace, app: AppTest, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(app, PAGE)
    first = plain(app), len(app.metric), len(app.get("plotly_chart"))
    assert first[1:] == (4, 4)
    drawn: list[tuple[str, ...]] = []
    monkeypatch.setattr(ppo_curves, "curves", lambda *given: drawn.append(given[1]) or curves(*given))
    unbroken(app.run())
    assert (plain(app), len(app.metric), len(app.get("plotly_chart"))) == first
    assert drawn == []
    ws.runs.update(live, done=ws.runs.get(live).done + 1)
    unbroken(app.run())
    assert len(drawn) == 3  # besides the picture of the reward


def test_the_doctor_applies_its_fix_to_the_live_run_and_to_a_branch(ws: Workspace, app: AppTest, live: str) -> None:
    ws.metrics.add_steps(live, [(step, {"objective/kl": 4.0 * (step - 40)}) for step in range(41, 51)])
    visit(app, PAGE, name="Ada", ppo_view_ppo_during="Doctor")
    assert "KL explodes" in plain(app)
    assert "Stiennon et al. 2020" in plain(app)
    click(app, "fix_live_kl_exploding")
    assert control(ws, live) == {"kl_coef": 2 * KL_COEF}
    click(app, "fix_branch_kl_exploding")
    (branch,) = ws.runs.list(kind="ppo", status="pending")
    assert branch.config["branch_from"] == f"{live}:20"
    assert branch.config["ppo"]["kl_coef"] == 2 * KL_COEF
    assert branch.created_by == "Ada"
    assert app.session_state["ppo_run"] == branch.id


def test_the_alarm_shows_examples_as_plain_text_pauses_and_branches_before_it(
    ws: Workspace, app: AppTest, live: str
) -> None:
    hack(ws, live)
    visit(app, PAGE, ppo_view_ppo_during="Doctor")
    assert "The score is being exploited" in plain(app)
    assert "repetition rose from 0% to 35%" in plain(app)
    assert any(item.value == f"please {EVIL}" for item in app.text)
    assert not any("evil.example" in item.value for item in app.markdown)
    click(app, f"alarm_pause_{live}")
    assert control(ws, live)["pause"] is True
    click(app, f"alarm_branch_{live}")
    (branch,) = ws.runs.list(kind="ppo", status="pending")
    assert branch.config["branch_from"] == f"{live}:20", "the checkpoint before it turned"
    assert branch.config["ppo"]["kl_coef"] == 2 * KL_COEF


@pytest.mark.usefixtures("live")
def test_a_run_that_is_well_gets_a_clean_bill(app: AppTest) -> None:
    visit(app, PAGE, ppo_view_ppo_during="Doctor")
    assert "None of the 20 rules finds anything wrong." in plain(app)
    assert "The doctor finds nothing wrong." in plain(app)


@pytest.mark.parametrize(
    "view", ["What changed since SFT", "KL of each token", "Advantage of each token", "Plain text"]
)
def test_time_lapse_shows_an_update_in_every_view(ws: Workspace, app: AppTest, live: str, view: str) -> None:
    hack(ws, live)
    visit(app, PAGE, ppo_view_ppo_during="Time-lapse", timelapse_view=view)
    assert app.select_slider(key=f"timelapse_{live}").options[-1] == "40"
    app.select_slider(key=f"timelapse_{live}").set_value(20)
    unbroken(app.run())
    assert "score 0.20" in plain(app)
    assert not any("evil.example" in item.value for item in app.markdown)


def test_the_frontier_shows_the_path_and_says_what_is_missing(ws: Workspace, app: AppTest, live: str) -> None:
    hack(ws, live)  # with scores, but no likeness to the human answers
    visit(app, PAGE, ppo_view_ppo_during="Frontier")
    assert len(app.get("plotly_chart")) == 1
    assert "Not measured in these runs" in plain(app)
    assert "No best-of-n curve" in plain(app)


@pytest.mark.parametrize(("last", "told"), [(0.77, False), (0.66, True)])
def test_the_frontier_and_the_alarm_say_the_same_of_a_last_evaluation(
    ws: Workspace, app: AppTest, live: str, last: float, told: bool
) -> None:
    rows = zip((0, 10, 20, 30), (0.0, 0.3, 0.6, 1.0), (0.82, 0.83, 0.83, last), strict=True)
    values = [(s, {"eval/score": a, "eval/embedding_similarity": b, "eval/kl": a}) for s, a, b in rows]
    ws.metrics.add_steps(live, values)
    ws.runs.update(live, status="finished")
    visit(app, PAGE, ppo_view_ppo_after="Frontier")
    assert ("The score may be exploited" in plain(app)) is told
    assert ("Over-optimisation: Since update 20" in plain(app)) is told


def test_branching_from_the_steer_tab_draws_the_family(ws: Workspace, app: AppTest, live: str) -> None:
    visit(app, PAGE, ppo_view_ppo_during="Steer")
    app.number_input(key=f"branch_kl_coef_{live}").set_value(0.9)
    click(app, f"branch_go_{live}")
    (branch,) = ws.runs.list(kind="ppo", status="pending")
    assert (branch.config["branch_from"], branch.config["ppo"]["kl_coef"]) == (f"{live}:20", 0.9)
    table = app.dataframe[0].value
    assert list(table["Branched off"]) == ["SFT model", f"{live}, update 20"]
    assert list(table["Changed"])[1] == f"KL coefficient: {KL_COEF} → 0.9"


def test_stopping_and_a_wrong_branch_say_so_where_one_looks(ws: Workspace, app: AppTest, live: str) -> None:
    visit(app, PAGE, ppo_view_ppo_during="Steer")
    app.number_input(key=f"branch_learning_rate_{live}").set_value(7.0)
    click(app, f"branch_go_{live}")
    assert any("learning_rate" in error.value.replace("\\", "") for error in app.error)
    assert ws.runs.list(kind="ppo", status="pending") == []
    click(app, f"steer_Stop_{live}")
    assert ws.runs.get(live).status == "stopping"


def test_a_dpo_run_is_shown_beside_ppo_without_what_it_has_not(ws: Workspace, app: AppTest, live: str) -> None:
    config = {"reward_model_id": "reward_model-001", "beta": 0.1}
    dpo = seeding.run(ws, "dpo", "running", config)
    ws.metrics.add_steps(
        dpo,
        [(step, {"train/loss": 0.6 - step / 100, "eval/score": step / 50, "eval/kl": 0.1}) for step in range(0, 21, 5)],
    )
    visit(app, PAGE, ppo_run=dpo, ppo_over=[live])
    labels = [tab.label for tab in app.tabs]
    begin = labels.index("Curves")
    assert labels[begin : begin + 5] == ["Curves", "Doctor", "Time-lapse", "Frontier", "Was it worth it?"]
    assert "Score 0.40" in plain(app), "measured on validation prompts"


def test_a_headline_and_its_change_are_means_of_the_same_values(ws: Workspace, app: AppTest, live: str) -> None:
    visit(app, PAGE)
    (kl,) = (metric for metric in app.metric if metric.label == "KL to SFT, nats")
    values = list(ws.metrics.series(live, ["objective/kl"])["value"])
    newest, first = sum(values[-5:]) / 5, sum(values[:5]) / 5
    assert (kl.value, kl.delta) == (f"{newest:.2f}", f"{newest - first:+.2f}")


def test_a_headline_that_is_not_as_it_should_be_does_not_read_healthy(ws: Workspace, app: AppTest, live: str) -> None:
    ws.metrics.add_steps(live, [(step, {"eval/win_rate": 0.4}) for step in (41, 42)])
    visit(app, PAGE)
    assert "Not as it should be]: above 50%" in plain(app)

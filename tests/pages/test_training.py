"""Steps 2, 3b and 4: starting runs, following them, stopping and resuming; the runs and compare pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from pages import services
from tests.pages import seeding
from tests.pages.conftest import texts, unbroken, visit
from workbench.models.generator import Pane, Written
from workbench.models.spec import ModelSpec
from workbench.runs.run_dir import RunDir, read_json, write_json
from workbench.workspace import Workspace


def click(app: AppTest, key: str) -> AppTest:
    return unbroken(app.button(key=key).click().run())


def test_starting_sft_queues_a_run_and_shows_it(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    visit(app, "step2_sft.py", name="Ada")
    app.number_input(key="sft_epochs").set_value(3.0)
    app.number_input(key="sft_lora_rank").set_value(4)
    unbroken(app.run())
    assert any("--set epochs=3 --set lora_rank=4" in code.value for code in app.code)
    click(app, "sft_start")
    (run,) = ws.runs.list(kind="sft")
    assert (run.status, run.created_by) == ("pending", "Ada")
    assert (run.config["model_id"], run.config["epochs"], run.config["lora_rank"]) == ("base", 3.0, 4)
    assert "Waiting for its turn" in texts(app)


def test_a_setting_out_of_bounds_is_refused_where_the_person_looks(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    visit(app, "step2_sft.py")
    app.number_input(key="sft_learning_rate").set_value(0.0)
    unbroken(app.run())
    click(app, "sft_start")
    assert "learning_rate" in app.error[0].value.replace("\\", "")
    assert ws.runs.list() == []


def test_reward_model_with_too_few_votes_says_so(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    trunk = seeding.sft(ws)
    seeding.votes(ws, seeding.pairs(ws, trunk, trunk, number=2), ("Ada",))
    visit(app, "step4_reward_model.py")
    click(app, "reward_start")
    assert "Vote on more pairs" in app.error[0].value
    assert ws.runs.list(kind="reward_model") == []


def test_reward_model_takes_one_source_of_votes(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    trunk = seeding.sft(ws)
    seeding.votes(ws, seeding.pairs(ws, trunk, trunk, number=32), ("Robo",), simulated=True)
    visit(app, "step4_reward_model.py")
    click(app, "reward_start")
    (run,) = ws.runs.list(kind="reward_model")
    assert (run.config["votes"], run.config["model_id"]) == ("simulated", trunk)


def test_starting_ppo_queues_a_run(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    reward_model = seeding.reward_model(ws, seeding.sft(ws))
    visit(app, "step5_ppo.py")
    app.number_input(key="ppo_kl_coef").set_value(0.2)
    unbroken(app.run())
    assert any("--set ppo.kl_coef=0.2" in code.value for code in app.code)
    click(app, "ppo_start")
    (run,) = ws.runs.list(kind="ppo")
    assert run.config["reward_model_id"] == reward_model
    assert run.config["ppo"]["kl_coef"] == 0.2


def test_a_live_ppo_run_shows_charts_progress_and_samples(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    trunk = seeding.sft(ws)
    run_id = seeding.ppo(ws, seeding.reward_model(ws, trunk), trunk, status="running")
    visit(app, "step5_ppo.py")
    assert len(app.get("plotly_chart")) == 4, "reward and penalty, score, KL, length"
    assert app.progress[0].value == 62
    assert "1 min left" in app.progress[0].text
    assert [metric.label for metric in app.metric] == [
        "Score", "KL to SFT, nats", "Win rate vs SFT", "Length, tokens",
    ]  # fmt: skip
    click(app, f"stop_{run_id}")
    assert ws.runs.get(run_id).status == "stopping"


def test_a_paused_run_goes_on_from_its_card(ws: Workspace, app: AppTest) -> None:
    trunk = seeding.sft(ws)
    run_id = seeding.ppo(ws, seeding.reward_model(ws, trunk), trunk, status="running")
    ws.runs.update(run_id, phase="paused")
    control = RunDir(ws.root / ws.runs.get(run_id).directory).control_path
    write_json(control, {"pause": True})
    visit(app, "runs.py")
    assert "no other run can start" in texts(app)
    assert app.dataframe[0].value["State"].iloc[0] == "Paused"
    click(app, f"go_on_{run_id}")
    assert read_json(control) == {"pause": False}
    assert app.button(key=f"go_on_{run_id}").disabled, "it was told; it follows at its next update"


def test_a_running_ppo_run_is_steered(ws: Workspace, app: AppTest) -> None:
    trunk = seeding.sft(ws)
    run_id = seeding.ppo(ws, seeding.reward_model(ws, trunk), trunk, status="running")
    control = RunDir(ws.root / ws.runs.get(run_id).directory).control_path
    visit(app, "step5_ppo.py", ppo_view_ppo_during="Steer")
    assert "Running" in texts(app)
    app.number_input(key=f"steer_kl_coef_{run_id}").set_value(0.4)
    click(app, f"steer_apply_{run_id}")
    assert read_json(control) == {"kl_coef": 0.4}
    assert [app.button(key=f"steer_{name}_{run_id}").disabled for name in ("Pause", "Go on")] == [False, True]
    click(app, f"steer_Checkpoint now_{run_id}")
    click(app, f"steer_Pause_{run_id}")
    assert [app.button(key=f"steer_{name}_{run_id}").disabled for name in ("Pause", "Go on")] == [True, False]
    assert "It pauses after its present step." in texts(app)
    told = read_json(control)
    assert told["pause"] is True
    assert told["checkpoint"] > 1e9
    click(app, f"steer_Go on_{run_id}")
    assert read_json(control)["pause"] is False
    app.number_input(key=f"steer_learning_rate_{run_id}").set_value(2.0)
    app.run()
    assert "Must be below 1." in texts(app)
    click(app, f"steer_apply_{run_id}")
    assert any("learning_rate" in error.value.replace("\\", "") for error in app.error)
    assert "learning_rate" not in read_json(control)


def test_a_paused_run_does_not_read_running(ws: Workspace, app: AppTest) -> None:
    trunk = seeding.sft(ws)
    seeding.ppo(ws, seeding.reward_model(ws, trunk), trunk, status="running", phase="paused")
    visit(app, "step5_ppo.py")
    assert "Paused" in texts(app)
    assert "Running" not in texts(app)


def test_a_new_ppo_run_can_go_on_from_a_checkpoint(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    trunk = seeding.sft(ws)
    earlier = seeding.ppo(ws, seeding.reward_model(ws, trunk), trunk)
    run_dir = RunDir(ws.root / ws.runs.get(earlier).directory)
    for step in (10, 20):
        run_dir.save_checkpoint(step, lambda folder: (folder / "ppo_state.pt").write_bytes(b"state") and None)
    visit(app, "step5_ppo.py", ppo_part="New run")
    assert app.selectbox(key="ppo_branch").options == [f"{earlier}, after update {step}" for step in (20, 10)]
    app.selectbox(key="ppo_branch").set_value(f"{earlier}:10")
    click(app, "ppo_start")
    new = ws.runs.list(kind="ppo", status="pending")[0]
    assert new.config["branch_from"] == f"{earlier}:10"
    assert (ws.root / new.directory / "branch" / "ppo_state.pt").read_bytes() == b"state"


def test_an_interrupted_run_can_be_resumed(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    run_id = seeding.sft(ws, status="interrupted")
    visit(app, "step2_sft.py")
    click(app, f"resume_{run_id}")
    assert ws.runs.get(run_id).status == "pending"


def test_a_failed_run_says_why(ws: Workspace, app: AppTest) -> None:
    sentence = "The device ran out of memory: choose a smaller batch."
    seeding.run(ws, "sft", "failed", {"model_id": "base"}, error=sentence)
    visit(app, "runs.py")
    assert app.error[0].value.replace("\\", "") == sentence


def test_runs_are_filtered_and_linked_to(ws: Workspace, app: AppTest) -> None:
    seeding.whole_team(ws)
    app.query_params["run"] = "sft-001"
    visit(app, "runs.py")
    assert app.selectbox(key="run").value == "sft-001"
    assert any("loading weights" in code.value for code in app.code)
    app.selectbox(key="runs_kind").set_value("ppo")
    unbroken(app.run())
    assert list(app.dataframe[0].value["Run"]) == ["ppo-001"]
    assert "Used reward_model-001" in texts(app).replace("\\", "")


class _Parrot:
    """Answers without a model."""

    def stream(self, panes: Sequence[Pane]) -> Iterator[Written]:
        for place, pane in enumerate(panes):
            if not pane.spec.adapters:
                yield Written(place, done=True, error="The base model's folder is empty.")
                continue
            text = f"{pane.spec.adapters[-1]} says {pane.messages[-1]['content']} {seeding.EVIL}"
            yield Written(place, text, 9, weights=str(place), seconds=0.1, done=True)

    def score(self, spec: ModelSpec, prompts: Sequence[str], responses: Sequence[str]) -> list[float]:
        return [0.0 for _ in responses]

    def close(self) -> None:
        pass


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "Generator", lambda _: _Parrot())


@pytest.mark.usefixtures("parrot")
def test_compare_shows_answers_as_plain_text(ws: Workspace, app: AppTest) -> None:
    seeding.whole_team(ws)
    visit(app, "compare.py")
    app.multiselect(key="compare_models").set_value(["sft-001", "ppo-001"])
    unbroken(app.run())
    click(app, "compare_ask")
    answers = [item.value for item in app.text if "says" in item.value]
    assert len(answers) == 2
    assert all(seeding.EVIL in answer for answer in answers)
    assert not any("evil.example" in item.value for item in app.markdown)


@pytest.mark.usefixtures("parrot")
def test_compare_shows_a_model_that_cannot_be_loaded(ws: Workspace, app: AppTest) -> None:
    seeding.whole_team(ws)
    visit(app, "compare.py")
    click(app, "compare_ask")
    assert "folder is empty" in app.error[0].value


@pytest.mark.usefixtures("parrot")
def test_compare_wants_a_prompt(ws: Workspace, app: AppTest) -> None:
    seeding.whole_team(ws)
    visit(app, "compare.py")
    app.segmented_control(key="compare_source").set_value("My own")
    unbroken(app.run())
    click(app, "compare_ask")
    assert "prompt is empty" in app.error[0].value


def test_home_shows_a_run_that_broke_until_another_of_its_kind_was_started(ws: Workspace, app: AppTest) -> None:
    earlier = datetime.now(UTC) - timedelta(hours=1)
    seeding.run(ws, "sft", "failed", {}, error="The disk is full.", created_at=earlier)
    seeding.run(ws, "pairs", "stopped", {})
    visit(app)
    assert "Ended without a result" in texts(app)
    assert "The disk is full" in app.error[0].value
    assert [button.key for button in app.button if str(button.key).startswith("resume_")] == ["resume_sft-001"]
    seeding.run(ws, "sft", "finished", {})
    visit(app)
    assert "Ended without a result" not in texts(app)

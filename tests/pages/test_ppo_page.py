"""The PPO page: what it shows of a run, what the doctor's buttons do, time-lapse, family, verdict, votes, promotion."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from storage.interventions import Intervention
from storage.samples import StoredSample
from storage.votes import Vote
from tests.pages import seeding
from tests.pages.conftest import texts, unbroken, visit
from workbench.models.promotion import promoted_model
from workbench.ppo.config import PPOConfig, PPORunConfig
from workbench.runs.run_dir import RunDir, read_json
from workbench.workspace import Workspace

PAGE = "step5_ppo.py"
KL_COEF = PPOConfig().kl_coef
EVIL = seeding.EVIL


def click(app: AppTest, key: str) -> AppTest:
    return unbroken(app.button(key=key).click().run())


def plain(app: AppTest) -> str:
    return texts(app).replace("\\", "")


@pytest.fixture
def live(ws: Workspace) -> str:
    """A PPO run that goes on, with a checkpoint, on a reward model with a verdict."""
    seeding.demonstrations(ws)
    trunk = seeding.sft(ws)
    run_id = seeding.ppo(ws, seeding.reward_model(ws, trunk), trunk, status="running")
    checkpoint(ws, run_id, 20)
    return run_id


def checkpoint(ws: Workspace, run_id: str, step: int) -> None:
    run_dir = RunDir(ws.root / ws.runs.get(run_id).directory)
    run_dir.save_checkpoint(step, lambda folder: (folder / "ppo_state.pt").write_bytes(b"state") and None)


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


def test_the_frontier_shows_the_path_and_says_where_best_of_n_is_missing(
    ws: Workspace, app: AppTest, live: str
) -> None:
    hack(ws, live)
    visit(app, PAGE, ppo_view_ppo_during="Frontier")
    assert len(app.get("plotly_chart")) == 2
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


# --- launching ------------------------------------------------------------------------------------


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


# --- was it worth it ------------------------------------------------------------------------------

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
    assert "-0.30 (-0.50 – -0.10)" in app.table[0].value.to_string()


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

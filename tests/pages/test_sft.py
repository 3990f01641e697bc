"""Step 2's page: choosing a base, will it fit, the outcome in all its views, marks and corrections, runs compared."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages import sft_new
from tests.pages import seeding
from tests.pages.conftest import texts, unbroken, visit
from workbench.launch.sft_outlook import outlook
from workbench.models.bases import look_at
from workbench.models.loading import EMBEDDED_DIR
from workbench.models.machine import Machine
from workbench.runs.run_dir import RunDir, read_json
from workbench.sft.config import SFTConfig
from workbench.sft.preflight import MARGIN
from workbench.workspace import Workspace


def click(app: AppTest, key: str) -> AppTest:
    return unbroken(app.button(key=key).click().run())


@pytest.fixture
def finished(ws: Workspace, app: AppTest) -> str:
    seeding.demonstrations(ws)
    run_id = seeding.sft(ws)
    visit(app, "step2_sft.py", name="Ada")
    return run_id


def view(app: AppTest, name: str) -> AppTest:
    app.session_state["sft_view"] = name
    return unbroken(app.run())


def test_the_embedded_model_is_described_and_fits(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    visit(app, "step2_sft.py")
    said = texts(app).replace("\\", "")
    assert "**2.9 M** parameters" in said
    assert "chat template: **its own**" in said
    assert "part of this install" in said
    assert "free memory" in said
    assert app.button(key="sft_start").label == "Start SFT"


def test_a_folder_is_looked_at_and_added(ws: Workspace, app: AppTest, tmp_path: Path) -> None:
    seeding.demonstrations(ws)
    folder = tmp_path / "Our Model"
    shutil.copytree(EMBEDDED_DIR, folder)
    visit(app, "step2_sft.py", sft_bring=True)
    app.text_input(key="sft_base_name").set_value(str(folder))
    click(app, "sft_base_look")
    click(app, "sft_base_add")
    assert [model.id for model in ws.models.list(kind="base")] == ["base", "our-model"]
    assert app.selectbox(key="sft_model").value == "our-model"


def test_a_model_that_is_nowhere_is_said_where_the_person_looks(
    ws: Workspace, app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    seeding.demonstrations(ws)
    visit(app, "step2_sft.py", sft_bring=True)
    app.text_input(key="sft_base_name").set_value("nobody/has-this-model")
    click(app, "sft_base_look")
    assert "is not on this machine" in app.error[0].value.replace("\\", "")


def test_a_run_that_does_not_fit_says_what_would(ws: Workspace, app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    seeding.demonstrations(ws)
    _, facts = look_at("embedded")
    needed = outlook(ws, facts, SFTConfig()).memory
    small = Machine(int((needed - 10_000_000) / MARGIN), 10**12, 2, None)
    monkeypatch.setattr("workbench.launch.sft_outlook.this_machine", lambda _: small)
    sft_new._outlook.clear()  # type: ignore[attr-defined]
    visit(app, "step2_sft.py")
    assert "It would fit with micro_batch_size" in app.warning[0].value.replace("\\", "")
    assert app.button(key="sft_start").label == "Start SFT anyway"
    click(app, "sft_fit")
    assert app.number_input(key="sft_micro_batch_size").value in (1, 2, 4, 8)
    assert app.button(key="sft_start").label == "Start SFT"
    sft_new._outlook.clear()  # type: ignore[attr-defined]


def test_measures_name_what_they_were_measured_on(app: AppTest, finished: str) -> None:
    said = texts(app).replace("\\", "")
    assert "Measured on 8 held-out prompts" in said
    table = app.table[0].value
    assert list(table.columns) == ["Measure", "Before (base)", f"After SFT ({finished})", "Human"] or (
        f"After SFT \\({finished}\\)".replace("-", "\\-") in table.columns[2]
    )
    assert "ROUGE-L" in list(table["Measure"])
    differences = app.table[1].value
    facts = differences[differences["Measure"] == "Facts right"].iloc[0, 1]
    assert "p " in facts


@pytest.mark.usefixtures("finished")
def test_the_quadrant_counts_the_corners(app: AppTest) -> None:
    view(app, "Quadrant")
    table = app.table[0].value
    assert list(table["Corner"]) == ["Copy", "Paraphrase", "Near-copy with a changed fact", "Wrong"]
    assert sum(int(cell.split()[0]) for cell in table["Answers"]) == 8


def test_answers_are_ordered_searched_marked_and_corrected(ws: Workspace, app: AppTest, finished: str) -> None:
    view(app, "Side by side")
    app.selectbox(key=f"answers_{finished}_by").set_value("fact_accuracy")
    unbroken(app.run())
    worst = min(
        (row for row in ws.answers.list(run_id=finished) if row.model_id == finished),
        key=lambda row: row.measures["fact_accuracy"] or 0.0,
    )
    assert next(text.value for text in app.text if "?" in text.value) == worst.prompt
    name = f"answers_{finished}_{finished}_{finished}_{worst.demonstration_id}"
    click(app, f"wrong_{name}")
    assert [(mark.answer_key, mark.marked_by) for mark in ws.answer_marks.list(finished)] == [
        (worst.demonstration_id, "Ada")
    ]
    click(app, f"wrong_{name}")
    assert ws.answer_marks.list(finished) == []
    app.text_area(key=f"text_{name}").set_value("Second floor, ask for Kim.")
    unbroken(app.run())
    click(app, f"keep_{name}")
    (draft,) = ws.demonstrations.list(status="draft")
    assert (draft.prompt, draft.response, draft.split) == (worst.prompt, "Second floor, ask for Kim.", "test")
    assert "correction" in draft.tags
    app.text_input(key=f"answers_{finished}_search").set_value("nothing has these words")
    unbroken(app.run())
    assert "Nothing matches" in texts(app)


def test_answers_are_never_read_as_markdown(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    run_id = seeding.sft(ws)
    with ws.database.write() as cursor:
        cursor.execute("UPDATE answers SET response = ?", [seeding.EVIL])
    visit(app, "step2_sft.py", sft_view="Side by side")
    assert not any("](https://evil.example" in item.value for item in app.markdown)
    assert not any(re.search(r"(?<!\\)<img|(?<!\\)!(?<!\\)\[", item.value) for item in app.markdown)
    assert run_id


def test_two_runs_are_compared_and_one_is_cloned(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    first, second = seeding.sft(ws), seeding.sft(ws)
    with ws.database.write() as cursor:
        config = SFTConfig(epochs=3, method="full").model_dump(mode="json")
        cursor.execute("UPDATE runs SET config = ? WHERE id = ?", [json.dumps(config), second])
    visit(app, "step2_sft.py", sft_part="Compare runs")
    settings: Any = app.table[0].value
    assert list(settings["Setting"]) == ["method", "epochs"]
    assert len(app.get("plotly_chart")) == 3
    click(app, f"sft_compare_clone_{second}")
    assert app.number_input(key="sft_epochs").value == 3
    assert app.selectbox(key="sft_method").value == "full"
    assert first


def test_a_running_run_is_paused_and_shows_its_answers(ws: Workspace, app: AppTest) -> None:
    from storage.samples import StoredSample

    seeding.demonstrations(ws)
    run_id = seeding.sft(ws, status="running")
    prompt = ws.demonstrations.list(split="validation")[0].prompt
    ws.samples.add_many([StoredSample(run_id, step, True, prompt, f"step {step}", None, None, None) for step in (0, 8)])
    visit(app, "step2_sft.py")
    assert "step 8" in texts(app)
    click(app, f"steer_Pause_{run_id}")
    assert read_json(RunDir(ws.root / ws.runs.get(run_id).directory).control_path) == {"pause": True}

"""Runs, metrics, samples, notices, models, evaluations and answers."""

from __future__ import annotations

import dataclasses
import itertools
import math
import threading
from datetime import UTC, datetime, timedelta

import pytest

from storage.answers import AnswerRow
from storage.evaluations import EvaluationRow
from storage.models import Model
from storage.runs import Run
from storage.samples import StoredSample
from workbench.errors import InvalidInput, NotFound
from workbench.workspace import Workspace

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def run(id: str, minute: int = 0, **changes: object) -> Run:
    row = Run(id, "sft", f"Run {id}", "pending", f"runs/{id}", {"seed": 1}, "Ann", NOW + timedelta(minutes=minute))
    return dataclasses.replace(row, **changes)  # type: ignore[arg-type]


def test_runs_are_listed_newest_first(workspace: Workspace) -> None:
    for number in range(3):
        workspace.runs.add(run(f"sft-{number}", number, status=("pending", "finished", "running")[number]))
    assert [row.id for row in workspace.runs.list()] == ["sft-2", "sft-1", "sft-0"]
    assert [row.id for row in workspace.runs.list(status="finished")] == ["sft-1"]
    assert workspace.runs.list(kind="ppo") == []
    assert [row.id for row in workspace.runs.list(limit=1)] == ["sft-2"]
    assert [row.id for row in workspace.runs.list_open()] == ["sft-0", "sft-2"]
    assert workspace.runs.get("sft-0") == run("sft-0")
    with pytest.raises(InvalidInput):
        workspace.runs.add(run("sft-0"))


def test_updates_touch_only_what_they_name(workspace: Workspace) -> None:
    workspace.runs.add(run("sft-1"))
    workspace.runs.update("sft-1", summary={"loss": math.nan, "deep": [1, {"x": math.inf}]}, started_at=NOW, pid=7)
    row = workspace.runs.get("sft-1")
    assert row.summary == {"loss": None, "deep": [1, {"x": None}]}
    assert (row.started_at, row.pid, row.config) == (NOW, 7, {"seed": 1})
    workspace.runs.update("sft-1")
    with pytest.raises(NotFound):
        workspace.runs.update("sft-9", pid=1)
    with pytest.raises(TypeError, match="colour"):
        workspace.runs.update("sft-1", colour="red")


def test_ids_are_readable_and_never_given_twice(workspace: Workspace) -> None:
    assert workspace.runs.next_id("sft") == "sft-001"
    assert workspace.runs.next_id("reward_model") == "reward_model-001"
    workspace.runs.add(run("sft-001"))
    workspace.runs.delete("sft-001")
    assert workspace.runs.next_id("sft") == "sft-002"
    given: list[str] = []
    threads = [threading.Thread(target=lambda: given.append(workspace.runs.next_id("ppo"))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == [f"ppo-{number:03d}" for number in range(1, 11)]


def test_a_deleted_run_takes_its_rows_along(workspace: Workspace) -> None:
    for id in ("sft-1", "sft-2"):
        workspace.runs.add(run(id))
        workspace.metrics.add_many(id, 1, {"train/loss": 1.0})
        workspace.samples.add_many([StoredSample(id, 1, True, "p", "r", None, None, None)])
        workspace.notices.add(id, "Three rows were cut.", 3, NOW)
        workspace.answers.add_many([AnswerRow(id, "base", None, "p", "r", "a", {})])
        workspace.evaluations.add_many([evaluation(id, 1.0)])
    workspace.runs.delete("sft-1")
    for left in (
        workspace.metrics.series("sft-1"),
        workspace.samples.list("sft-1"),
        workspace.notices.list("sft-1"),
        workspace.answers.list("sft-1"),
        workspace.evaluations.list("sft-1"),
    ):
        assert len(left) == 0
    assert len(workspace.metrics.series("sft-2")) == 1
    with pytest.raises(NotFound):
        workspace.runs.delete("sft-1")


@pytest.mark.parametrize(("points", "wanted", "expected"), [(5, 10, 5), (10, 10, 10), (5000, 100, 100), (7, 1, 2)])
def test_series_are_thinned_evenly(workspace: Workspace, points: int, wanted: int, expected: int) -> None:
    workspace.metrics.add_steps("r", [(step, {"loss": float(step), "kl": 0.0}) for step in range(points)])
    series = workspace.metrics.series("r", ["loss"], max_points=wanted)
    assert list(series.columns) == ["step", "name", "value"]
    steps = series["step"].tolist()
    assert len(steps) == expected
    assert (steps[0], steps[-1]) == (0, points - 1)
    assert steps == sorted(set(steps))
    gaps = [after - before for before, after in itertools.pairwise(steps)]
    assert max(gaps) <= math.ceil(points / max(wanted - 1, 1)) + 1
    assert set(workspace.metrics.series("r", max_points=wanted)["name"]) == {"loss", "kl"}


def test_latest_metrics_and_odd_numbers(workspace: Workspace) -> None:
    workspace.metrics.add_many("r", 1, {"a": 1, "b": math.nan})
    workspace.metrics.add_many("r", 2, {"a": math.inf})
    latest = workspace.metrics.latest("r")
    assert latest["a"] == math.inf
    assert math.isnan(latest["b"])
    assert workspace.metrics.latest("other") == {}
    assert workspace.metrics.series("other").empty


def test_samples_newest_step_first(workspace: Workspace) -> None:
    workspace.samples.add_many(
        [StoredSample("r", step, fixed, "p", f"{step}", 0.5, 0.1, 9) for step in (1, 2) for fixed in (True, False)]
    )
    assert [(row.step, row.fixed) for row in workspace.samples.list("r", limit=3)] == [
        (2, True),
        (2, False),
        (1, True),
    ]
    assert [row.step for row in workspace.samples.list("r", fixed=True)] == [2, 1]


def test_a_repeated_notice_is_listed_once(workspace: Workspace) -> None:
    for _ in range(2):
        workspace.notices.add("r", "Three rows were cut.", 3, NOW)
    workspace.notices.add("r", "Another.", None, NOW + timedelta(1))
    assert [(row.message, row.count, row.at) for row in workspace.notices.list("r")] == [
        ("Three rows were cut.", 3, NOW),
        ("Another.", None, NOW + timedelta(1)),
    ]


def test_models_have_lineage(workspace: Workspace) -> None:
    model = Model("sft-001", "First", "sft", {"base": "embedded", "adapters": ["a"]}, "sft-001", "base", NOW)
    workspace.models.add(model)
    assert workspace.models.get("sft-001") == model
    assert [row.id for row in workspace.models.list("sft")] == ["sft-001"]
    workspace.models.rename("sft-001", "Better name")
    assert workspace.models.get("sft-001").name == "Better name"
    with pytest.raises(InvalidInput):
        workspace.models.add(model)
    workspace.models.delete("sft-001")
    assert workspace.models.find("sft-001") is None
    with pytest.raises(NotFound):
        workspace.models.delete("sft-001")


def evaluation(run_id: str, value: float | None, minute: int = 0, measure: str = "bleu") -> EvaluationRow:
    created = NOW + timedelta(minutes=minute)
    return EvaluationRow(run_id, "base", "test", measure, value, None, None, 9, "sig", None, created)


def test_an_evaluation_said_again_replaces_the_old_one(workspace: Workspace) -> None:
    workspace.evaluations.add_many([evaluation("r1", 1.0), evaluation("r1", 2.0), evaluation("r1", None, 0, "chrf")])
    workspace.evaluations.add_many([evaluation("r1", 3.0, 1)])
    workspace.evaluations.add_many([evaluation("r2", 4.0, 2)])
    assert [row.value for row in workspace.evaluations.list("r1")] == [None, 3.0]
    latest = workspace.evaluations.latest("base")
    assert (latest["bleu"].value, latest["chrf"].value) == (4.0, None)
    workspace.evaluations.add_many([dataclasses.replace(evaluation("r3", 5.0, 3), n=4)])
    assert workspace.evaluations.latest("base")["bleu"].value == 4.0  # newer, but over 4 prompts in place of 9
    assert workspace.evaluations.latest("base", "train") == {}
    assert len(workspace.evaluations.list(model_id="base")) == 4


def test_an_answer_given_again_replaces_the_old_one(workspace: Workspace) -> None:
    def answer(id: str | None, text: str) -> AnswerRow:
        return AnswerRow("r", "base", id, "p", "ref", text, {"bleu": 1.0, "fact_accuracy": None})

    workspace.answers.add_many([answer("d1", "one"), answer(None, "two")])
    workspace.answers.add_many([answer(None, "three")])
    assert workspace.answers.list("r") == [answer("d1", "one"), answer(None, "three")]
    assert len(workspace.answers.list(model_id="base", limit=1)) == 1

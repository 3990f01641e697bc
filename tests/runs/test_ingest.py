"""From the events to the rows: each once, whatever is killed when."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from storage.runs import Run
from storage.votes import Vote
from workbench.models.spec import ModelSpec
from workbench.runs.event_log import EventWriter
from workbench.runs.events import (
    Answer,
    Evaluation,
    Event,
    Failed,
    Finished,
    Metric,
    Notice,
    PairGenerated,
    Progress,
    Sample,
    Started,
    Stopped,
)
from workbench.runs.ingest import ingest, run_dir_of
from workbench.workspace import Workspace

MakeRun = Callable[..., Run]


def _say(workspace: Workspace, run: Run, *events: Event) -> None:
    with EventWriter(run_dir_of(workspace, run).events_path) as writer:
        for event in events:
            writer.emit(event)


def _pair(pair_id: str, **changes: Any) -> PairGenerated:
    fields: dict[str, Any] = {
        "prompt": "Where?",
        "demonstration_id": "d1",
        "split": "train",
        "response_a": "Here.",
        "response_b": "There.",
        "model_a": "base",
        "model_b": "sft-001",
        "seed_a": 1,
        "seed_b": 2,
        "temperature": 0.7,
    }
    return PairGenerated(pair_id=pair_id, **fields | changes)


def test_each_kind_of_event_becomes_its_rows(workspace: Workspace, make_run: MakeRun) -> None:
    run = make_run()
    _say(
        workspace,
        run,
        Started(pid=1),
        Progress(phase="training", done=3, total=9, eta_seconds=4.5),
        Metric(step=1, values={"train/loss": 2.0}),
        Sample(step=1, prompt="p", response="r", fixed=True, score=0.5),
        Notice(message="Two rows were cut.", count=2),
        _pair("p1"),
        Answer(
            model_id="base", demonstration_id="d1", prompt="p", reference="x", response="y", measures={"bleu": None}
        ),
        Evaluation(model_id="base", split="test", measure="bleu", value=12.5, n=10, signature="s"),
    )
    assert ingest(workspace, run.id) == 8
    assert ingest(workspace, run.id) == 0
    row = workspace.runs.get(run.id)
    assert (row.status, row.phase, row.done, row.total, row.eta_seconds) == ("running", "training", 3, 9, 4.5)
    assert row.started_at is not None
    assert workspace.metrics.latest(run.id) == {"train/loss": 2.0}
    assert workspace.samples.list(run.id)[0].score == 0.5
    assert workspace.notices.list(run.id)[0].count == 2
    pair = workspace.pairs.get("p1")
    assert (pair.response_b, pair.model_b, pair.run_id) == ("There.", "sft-001", run.id)
    assert workspace.responses.get("p1-a").temperature == 0.7
    assert workspace.answers.list(run.id)[0].measures == {"bleu": None}
    assert workspace.evaluations.latest("base")["bleu"].value == 12.5


def test_the_ends(workspace: Workspace, make_run: MakeRun) -> None:
    run = make_run()
    _say(workspace, run, Started(pid=1), Failed(message="It broke."))
    ingest(workspace, run.id)
    assert (workspace.runs.get(run.id).status, workspace.runs.get(run.id).error) == ("failed", "It broke.")
    _say(workspace, run, Started(pid=2, resumed_from_step=3), Stopped(step=4))
    ingest(workspace, run.id)
    row = workspace.runs.get(run.id)
    assert (row.status, row.error) == ("stopped", None)
    assert row.finished_at is not None
    spec = ModelSpec(adapters=("runs/sft-001/final",))
    end = Finished(summary={"loss": float("nan")}, model_kind="sft", model=spec, parent_model_id="base")
    _say(workspace, run, Started(pid=3), end)
    ingest(workspace, run.id)
    row = workspace.runs.get(run.id)
    assert row.status == "finished"
    model = workspace.models.get(run.id)
    assert (model.kind, model.parent_id, model.run_id) == ("sft", "base", run.id)
    assert ModelSpec.model_validate(model.spec) == spec


def test_a_resumed_run_says_its_steps_again(workspace: Workspace, make_run: MakeRun) -> None:
    run = make_run()
    first = [Metric(step=step, values={"loss": 1.0}) for step in range(1, 8)]
    _say(workspace, run, Started(pid=1), *first, Sample(step=7, prompt="p", response="old"))
    ingest(workspace, run.id)
    again = [Metric(step=step, values={"loss": 2.0}) for step in range(6, 10)]
    _say(workspace, run, Started(pid=2, resumed_from_step=5), *again)
    ingest(workspace, run.id)
    series = workspace.metrics.series(run.id)
    assert series["step"].tolist() == list(range(1, 10))
    assert series["value"].tolist() == [1.0] * 5 + [2.0] * 4
    assert workspace.samples.list(run.id) == []
    _say(workspace, run, Started(pid=3), Metric(step=1, values={"loss": 3.0}))  # no checkpoint: from the start
    ingest(workspace, run.id)
    assert workspace.metrics.series(run.id)["value"].tolist() == [3.0]


def test_both_starts_in_one_block(workspace: Workspace, make_run: MakeRun) -> None:
    run = make_run()
    _say(workspace, run, Started(pid=1), *[Metric(step=step, values={"loss": 1.0}) for step in range(1, 8)])
    _say(workspace, run, Started(pid=2, resumed_from_step=5), Metric(step=6, values={"loss": 2.0}))
    ingest(workspace, run.id)
    assert workspace.metrics.series(run.id)["value"].tolist() == [1.0] * 5 + [2.0]


def test_a_pair_said_again_keeps_its_votes_and_text(workspace: Workspace, make_run: MakeRun) -> None:
    run = make_run("pairs")
    _say(workspace, run, Started(pid=1), _pair("p1"), _pair("p2"))
    ingest(workspace, run.id)
    workspace.votes.add(Vote("v1", "p1", "ann", "a", "a", False, None, run.created_at))
    _say(workspace, run, Started(pid=2), _pair("p1", response_a="Changed."), _pair("p3"), _pair("p3"))
    ingest(workspace, run.id)
    assert [pair.id for pair in workspace.pairs.list()] == ["p1", "p2", "p3"]
    assert workspace.pairs.get("p1").response_a == "Here."
    assert len(workspace.responses.list()) == 6


def test_a_stopping_run_stays_so_when_its_start_is_read_late(workspace: Workspace, make_run: MakeRun) -> None:
    run = make_run()
    workspace.runs.update(run.id, status="stopping")
    _say(workspace, run, Started(pid=1), Progress(phase="training", done=1, total=2))
    ingest(workspace, run.id)
    assert workspace.runs.get(run.id).status == "stopping"


def test_two_threads_ingest_each_event_once(workspace: Workspace, make_run: MakeRun) -> None:
    run = make_run()
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            ingest(workspace, run.id)

    threads = [threading.Thread(target=loop) for _ in range(2)]
    for thread in threads:
        thread.start()
    _say(workspace, run, *[Metric(step=step, values={"loss": 1.0}) for step in range(3000)])
    stop.set()
    for thread in threads:
        thread.join()
    ingest(workspace, run.id)
    assert workspace.metrics.series(run.id, max_points=10_000)["step"].tolist() == list(range(3000))


def test_a_failed_transaction_keeps_the_offset(
    workspace: Workspace, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    _say(workspace, run, Started(pid=1), Metric(step=1, values={"loss": 1.0}), Notice(message="n"))

    def fail(*_: object, **__: object) -> None:
        raise OSError("in the middle")

    with monkeypatch.context() as patched:
        patched.setattr(workspace.samples, "add_many", fail)  # after the notice and the metrics
        with pytest.raises(OSError, match="in the middle"):
            ingest(workspace, run.id)
    assert workspace.runs.get(run.id).event_offset == 0
    assert workspace.notices.list(run.id) == []
    assert ingest(workspace, run.id) == 3
    assert len(workspace.metrics.series(run.id)) == 1


INGEST_FOR_EVER = """
import sys
from pathlib import Path
from workbench.runs import event_log
from workbench.runs.ingest import _ingest_block, ingest
from workbench.workspace import Workspace
event_log.READ_BYTES = 4000  # many small transactions, so that kills fall into the middle of some
workspace = Workspace.open(Path(sys.argv[1]))
while not _ingest_block(workspace, sys.argv[2]):
    pass
print("taking up", flush=True)
while True:
    ingest(workspace, sys.argv[2])
"""

KILLS = 10
EVENTS = 15_000


@pytest.mark.timeout(120)
def test_kills_of_the_ingesting_process_lose_and_double_nothing(workspace: Workspace, make_run: MakeRun) -> None:
    run = make_run()
    workspace.close()
    chance = random.Random(7)
    events_path = run_dir_of(workspace, run).events_path

    def write() -> None:
        with EventWriter(events_path) as writer:
            for step in range(EVENTS):
                writer.emit(Metric(step=step, values={"loss": float(step)}))

    writer = threading.Thread(target=write)
    writer.start()
    offsets = []
    for _ in range(KILLS):
        command = [sys.executable, "-c", INGEST_FOR_EVER, str(workspace.root), run.id]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "taking up\n"
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0.0, 0.1))  # it never ends by itself
            process.kill()
        with Workspace.open(workspace.root) as between:
            offsets.append(between.runs.get(run.id).event_offset)
    writer.join()
    with Workspace.open(workspace.root) as after:
        ingest(after, run.id)
        steps = after.metrics.series(run.id, max_points=EVENTS)["step"].tolist()
        assert after.runs.get(run.id).event_offset == events_path.stat().st_size
    assert steps == list(range(EVENTS))
    assert offsets == sorted(offsets)
    assert len(set(offsets)) > KILLS // 2, "the kills fell where nothing was being taken up"

"""From ``events.jsonl`` to the database: each event once, whatever is killed when."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from storage.answers import AnswerRow
from storage.errors import RowNotFound
from storage.evaluations import EvaluationRow
from storage.interventions import Intervention
from storage.models import Model, ModelKind
from storage.pairs import Pair
from storage.responses import Response
from storage.runs import Run
from storage.samples import StoredSample
from workbench.errors import NotFound
from workbench.models.spec import ModelSpec
from workbench.runs.event_log import read_events
from workbench.runs.events import (
    Answer,
    Embedded,
    Evaluation,
    Event,
    Failed,
    Finished,
    Metric,
    ModelMade,
    Notice,
    PairGenerated,
    PairScored,
    Progress,
    Sample,
    Started,
    Steered,
    Stopped,
)
from workbench.runs.frozen_data import read_embeddings
from workbench.runs.run_dir import RunDir
from workbench.workspace import Workspace


def run_dir_of(ws: Workspace, run: Run) -> RunDir:
    """The run's folder; ``directory`` may be relative to the workspace."""
    return RunDir(ws.root / run.directory)


def ingest(ws: Workspace, run_id: str) -> int:
    """Takes up all complete lines that the run's worker has written since the last time; returns how many.

    The rows and the byte offset reached are written in one transaction: killed at any moment, the next call goes on
    behind what was kept. Raises NotFound, StorageError.
    """
    total = 0
    while count := _ingest_block(ws, run_id):
        total += count
    return total


def _ingest_block(ws: Workspace, run_id: str) -> int:
    run = ws.runs.get(run_id)
    path = run_dir_of(ws, run).events_path
    if not path.exists() or path.stat().st_size <= run.event_offset:
        return 0  # nothing new: leave the writers alone

    def write(cursor: DuckDBPyConnection) -> int:
        current = ws.runs.get(run_id, cursor)
        events, offset = read_events(path, current.event_offset)
        if not events:
            return 0
        batch = _Batch(ws, current, cursor)
        for event in events:
            batch.take(event)
        batch.flush()
        ws.runs.update(run_id, cursor, event_offset=offset, **batch.fields)
        return len(events)

    return ws.database.run_write(write)


@dataclass
class _Batch:
    """The rows of one block of events, inserted in bulk."""

    ws: Workspace
    run: Run
    cursor: DuckDBPyConnection
    fields: dict[str, Any] = field(default_factory=dict)
    metrics: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    samples: list[StoredSample] = field(default_factory=list)
    pairs: dict[str, PairGenerated] = field(default_factory=dict)
    pair_scores: dict[str, PairScored] = field(default_factory=dict)
    answers: list[AnswerRow] = field(default_factory=list)
    evaluations: list[EvaluationRow] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """Adds what the event says."""
        match event:
            case Metric():
                self.metrics.append((event.step, event.values))
            case Sample():
                self.samples.append(_sample(self.run.id, event))
            case PairGenerated():
                self.pairs[event.pair_id] = event
            case PairScored():
                self.pair_scores[event.pair_id] = event
            case Answer():
                self.answers.append(_answer(self.run.id, event))
            case Evaluation():
                self.evaluations.append(_evaluation(self.run.id, event))
            case Embedded():
                self._keep_embeddings(event)
            case Notice():
                self.ws.notices.add(self.run.id, event.message, event.count, _time(event), self.cursor)
            case Steered():
                self.ws.notices.add(self.run.id, _steering(event), None, _time(event), self.cursor)
                self.ws.interventions.add(_intervention(self.run.id, event), self.cursor)
            case ModelMade():
                self._register(event.model_id, event.model_kind, event.model, event.parent_model_id, _time(event))
            case Progress():
                self.fields |= event.model_dump(include={"phase", "done", "total", "eta_seconds"})
            case Started():
                self._started(event)
            case Finished() | Stopped() | Failed():
                self._ended(event)

    def flush(self) -> None:
        """Inserts the rows gathered so far."""
        self.ws.metrics.add_steps(self.run.id, self.metrics, self.cursor)
        self.ws.samples.add_many(self.samples, self.cursor)
        self.ws.answers.add_many(self.answers, self.cursor)
        self.ws.evaluations.add_many(self.evaluations, self.cursor)
        self._flush_pairs()
        for event in self.pair_scores.values():
            self.ws.pair_scores.add_many(event.model_id, [(event.pair_id, event.margin)], self.cursor)
        for rows in (self.metrics, self.samples, self.answers, self.evaluations, self.pairs, self.pair_scores):
            rows.clear()

    def _flush_pairs(self) -> None:
        """A resumed run may say a pair again; the one that people may have voted on stays."""
        known = self.ws.pairs.existing_ids(self.pairs, self.cursor) if self.pairs else set()
        fresh = [event for event in self.pairs.values() if event.pair_id not in known]
        responses = [row for event in fresh for row in _responses(self.run.id, event)]
        self.ws.responses.add_many(responses, self.cursor)
        self.ws.pairs.add_many([_pair(self.run.id, event) for event in fresh], self.cursor)

    def _keep_embeddings(self, event: Embedded) -> None:
        """What the run computed is computed once; a file that is gone by now costs only that."""
        path = run_dir_of(self.ws, self.run).path / Path(event.file).name
        if path.is_file():
            import numpy as np

            vectors = read_embeddings(path)
            self.ws.embeddings.add_many(list(vectors), np.stack(list(vectors.values())), self.cursor)

    def _started(self, event: Started) -> None:
        """A resumed run goes back to its checkpoint and will say the steps after it again."""
        self.flush()
        step = event.resumed_from_step if event.resumed_from_step is not None else -1
        self.ws.metrics.delete_after(self.run.id, step, self.cursor)
        self.ws.samples.delete_after(self.run.id, step, self.cursor)
        status = "stopping" if self.run.status == "stopping" else "running"
        self.fields |= {"status": status, "error": None, "finished_at": None}
        self.fields["started_at"] = self.run.started_at or _time(event)

    def _ended(self, event: Finished | Stopped | Failed) -> None:
        self.fields |= {"finished_at": _time(event), "eta_seconds": None}
        match event:
            case Failed():
                self.fields |= {"status": "failed", "error": event.message}
            case Stopped():
                self.fields |= {"status": "stopped", "error": None}
            case Finished():
                self.fields |= {"status": "finished", "error": None, "summary": event.summary}
                self._add_model(event)
                self._add_best_of_n(event)

    def _add_best_of_n(self, event: Finished) -> None:
        """The curve belongs to the reward model: whoever reads that run's summary finds it there."""
        run_id = event.summary.get("reward_model_id")
        if self.run.kind != "best_of_n" or run_id is None:
            return
        with suppress(NotFound, RowNotFound):  # its run may have been deleted meanwhile
            summary = self.ws.runs.get(str(run_id), self.cursor).summary | {"best_of_n": event.summary["best_of_n"]}
            self.ws.runs.update(str(run_id), cursor=self.cursor, summary=summary)

    def _add_model(self, event: Finished) -> None:
        if event.model is None or event.model_kind is None:
            return
        self._register(self.run.id, event.model_kind, event.model, event.parent_model_id, _time(event))

    def _register(self, id: str, kind: ModelKind, spec: ModelSpec, parent_id: str | None, at: datetime) -> None:
        if self.ws.models.find(id, self.cursor) is None:
            name = self.run.name if id == self.run.id else id
            content = spec.model_dump(mode="json")
            self.ws.models.add(Model(id, name, kind, content, self.run.id, parent_id, at), self.cursor)


def _steering(event: Steered) -> str:
    if event.setting == "pause":
        return f"{'Paused' if event.after else 'Went on'} after update {event.step}."
    return f"After update {event.step}: {event.setting} from {event.before:g} to {event.after:g}."


def _intervention(run_id: str, event: Steered) -> Intervention:
    return Intervention(run_id, event.step, event.setting, event.before, event.after, _time(event))


def _time(event: Event) -> datetime:
    return datetime.fromtimestamp(event.time, UTC)


def _sample(run_id: str, event: Sample) -> StoredSample:
    tokens = None if event.tokens is None else event.tokens.model_dump()
    return StoredSample(
        run_id, event.step, event.fixed, event.prompt, event.response, event.score, event.kl, event.length, tokens
    )


def _answer(run_id: str, event: Answer) -> AnswerRow:
    return AnswerRow(
        run_id,
        event.model_id,
        event.demonstration_id,
        event.prompt,
        event.reference,
        event.response,
        event.measures,
        event.tags,
        event.source,
        event.held_out,
    )


def _evaluation(run_id: str, event: Evaluation) -> EvaluationRow:
    return EvaluationRow(
        run_id=run_id,
        created_at=_time(event),
        **event.model_dump(exclude={"seq", "time", "type"}),
    )


def _responses(run_id: str, event: PairGenerated) -> tuple[Response, Response]:
    def response(side: str, model_id: str, text: str, seed: int, temperature: float) -> Response:
        id = f"{event.pair_id}-{side}"
        return Response(id, run_id, model_id, event.prompt, text, seed, temperature, _time(event))

    other = event.temperature if event.temperature_b is None else event.temperature_b
    return (
        response("a", event.model_a, event.response_a, event.seed_a, event.temperature),
        response("b", event.model_b, event.response_b, event.seed_b, other),
    )


def _pair(run_id: str, event: PairGenerated) -> Pair:
    shared = event.model_dump(include={"prompt", "demonstration_id", "split", "response_a", "response_b"})
    return Pair(
        id=event.pair_id,
        run_id=run_id,
        response_a_id=f"{event.pair_id}-a",
        response_b_id=f"{event.pair_id}-b",
        model_a=event.model_a,
        model_b=event.model_b,
        created_at=_time(event),
        **shared,
    )

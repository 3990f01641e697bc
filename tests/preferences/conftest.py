"""A fresh workspace, and pairs to vote on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.pairs import Pair
from storage.responses import Response
from storage.votes import Choice, Vote
from workbench.workspace import Workspace


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(tmp_path / "workspace", owner="test") as workspace:
        yield workspace


def add_pair(
    ws: Workspace,
    prompt: str,
    a: str = "Answer A",
    b: str = "Answer B",
    *,
    models: tuple[str, str] = ("base", "sft-001"),
    split: str = "train",
) -> Pair:
    """Stores a pair of two responses."""
    now = datetime.now(UTC)
    responses = [
        Response(uuid.uuid4().hex[:12], None, model, prompt, text, 0, 1.0, now)
        for model, text in zip(models, (a, b), strict=True)
    ]
    pair = Pair(
        id=uuid.uuid4().hex[:12],
        run_id=None,
        prompt=prompt,
        demonstration_id=None,
        split=split,
        response_a_id=responses[0].id,
        response_b_id=responses[1].id,
        response_a=a,
        response_b=b,
        model_a=models[0],
        model_b=models[1],
        created_at=now,
    )

    def write(cursor: object) -> None:
        ws.responses.add_many(responses, cursor)  # type: ignore[arg-type]
        ws.pairs.add_many([pair], cursor)  # type: ignore[arg-type]

    ws.database.run_write(write)
    return pair


def add_vote(ws: Workspace, pair: Pair, name: str, choice: Choice, *, simulated: bool = False) -> Vote:
    """Stores a vote as A, B or tie."""
    annotator = ws.annotators.get_or_create(name, "simulated" if simulated else "person")
    vote = Vote(
        id=uuid.uuid4().hex[:12],
        pair_id=pair.id,
        annotator_id=annotator.id,
        choice=choice,
        left="a",
        simulated=simulated,
        seconds=None,
        created_at=datetime.now(UTC),
    )
    ws.votes.add(vote)
    return vote

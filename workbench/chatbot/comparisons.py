"""Comparisons: asking several models the same, judging their answers, keeping them, finding them again."""

from __future__ import annotations

import uuid
from collections.abc import Generator as Stream
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel

from storage.conversations import ComparisonRow
from workbench.chatbot.nearness import Near, near_demonstrations, nearest_to_answers
from workbench.chatbot.questions import Question
from workbench.errors import WorkbenchError
from workbench.models.generator import Generator, Pane, Written
from workbench.models.registry import find_language_model, get_model

if TYPE_CHECKING:
    from workbench.workspace import Workspace


class Nearest(BaseModel):
    """The demonstration whose response is nearest to an answer."""

    id: str
    prompt: str
    response: str
    likeness: float
    """Cosine of the answer and the demonstration's response."""


class Answer(BaseModel):
    """What one model said, with what is known of it."""

    model: str
    text: str = ""
    tokens: int = 0
    seconds: float | None = None
    weights: str | None = None
    """Fingerprint of the weights that were in memory."""
    complete: bool = False
    error: str | None = None
    score: float | None = None
    nearest: Nearest | None = None


class Comparison(BaseModel):
    """A question with the answers in the order in which they stood."""

    id: str
    person: str
    asked: Question
    answers: list[Answer]
    blind: bool
    scored_by: str | None = None
    created_at: datetime


def ask(ws: Workspace, generator: Generator, asked: Question) -> Stream[list[Answer]]:
    """The answers as they grow, one list of all panes per event.

    Raises:
        NotFound, ModelError: a model does not exist, or the process that runs them ended.
    """
    panes = [
        Pane(find_language_model(ws, name).spec, [{"role": "user", "content": asked.prompt}], asked.sampling_of(pane))
        for pane, name in enumerate(asked.models)
    ]
    answers = [Answer(model=name) for name in asked.models]
    for written in generator.stream(panes):
        answers[written.pane] = _grown(answers[written.pane], written)
        yield list(answers)


def _grown(answer: Answer, written: Written) -> Answer:
    return answer.model_copy(
        update={
            "text": written.text or answer.text,
            "tokens": written.tokens or answer.tokens,
            "weights": written.weights or answer.weights,
            "seconds": written.seconds,
            "complete": written.done and written.error is None,
            "error": written.error,
        }
    )


def same_weights(ws: Workspace, answers: Sequence[Answer]) -> list[tuple[str, str]]:
    """Pairs of models that should differ but answered with the very same weights: an adapter was not active."""
    found = []
    for place, one in enumerate(answers):
        for other in answers[place + 1 :]:
            differ = find_language_model(ws, one.model).spec != find_language_model(ws, other.model).spec
            if one.weights and one.weights == other.weights and differ:
                found.append((one.model, other.model))
    return found


def judge(
    ws: Workspace, generator: Generator, prompt: str, answers: Sequence[Answer], reward_model: str | None
) -> tuple[list[Answer], str | None]:
    """The answers with score and nearest demonstration, and a sentence where either could not be had."""
    problem = None
    texts = [answer.text for answer in answers]
    scores: list[float | None] = [None] * len(texts)
    try:
        if reward_model is not None and any(texts):
            spec = get_model(ws, reward_model).spec
            scores = list(generator.score(spec, [prompt] * len(texts), texts))
    except WorkbenchError as error:
        problem = f"The answers have no score: {error}"
    near: Sequence[Nearest | None] = [None] * len(texts)
    try:
        near = nearest_of(ws, prompt, texts)
    except WorkbenchError as error:
        problem = f"The nearest demonstrations are missing: {error}"
    judged = [
        answer.model_copy(update={"score": score if answer.text else None, "nearest": one})
        for answer, score, one in zip(answers, scores, near, strict=True)
    ]
    return judged, problem


def nearest_of(ws: Workspace, prompt: str, texts: Sequence[str]) -> list[Nearest | None]:
    """For each text the nearest demonstration among those near the prompt."""
    found = nearest_to_answers(near_demonstrations(ws, prompt), texts)
    return [None if one is None else nearest(one.demonstration, one.likeness) for one in found]


def nearest(near: Near, likeness: float) -> Nearest:
    """A demonstration with a likeness, as it is stored beside an answer."""
    return Nearest(id=near.id, prompt=near.prompt, response=near.response, likeness=likeness)


def keep(
    ws: Workspace, asked: Question, answers: Sequence[Answer], *, person: str, blind: bool, scored_by: str | None
) -> Comparison:
    """Store a comparison in its person's history."""
    made = Comparison(
        id=uuid.uuid4().hex[:12],
        person=person,
        asked=asked,
        answers=list(answers),
        blind=blind,
        scored_by=scored_by,
        created_at=datetime.now(UTC),
    )
    stored = {"answers": [answer.model_dump(mode="json") for answer in answers], "scored_by": scored_by}
    ws.comparisons.add(
        ComparisonRow(made.id, person, asked.prompt, asked.model_dump(mode="json"), stored, blind, made.created_at)
    )
    return made


def history(ws: Workspace, person: str, limit: int = 50) -> list[Comparison]:
    """A person's comparisons, newest first."""
    return [_comparison(row) for row in ws.comparisons.list(person=person, limit=limit)]


def find_comparison(ws: Workspace, id: str) -> Comparison:
    """A comparison that was kept.

    Raises:
        NotFound: there is none of that id.
    """
    return _comparison(ws.comparisons.get(id))


def _comparison(row: ComparisonRow) -> Comparison:
    return Comparison(
        id=row.id,
        person=row.person,
        asked=Question.model_validate(row.question),
        answers=[Answer.model_validate(answer) for answer in row.answers["answers"]],
        blind=row.blind,
        scored_by=row.answers["scored_by"],
        created_at=row.created_at,
    )

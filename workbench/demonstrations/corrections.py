"""What people say of answers: this one is wrong, and so it should have been said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storage.answer_marks import AnswerMark, Verdict
from storage.answers import AnswerRow
from storage.demonstrations import Demonstration
from workbench.demonstrations.editing import add_demonstration
from workbench.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from workbench.workspace import Workspace

TAG = "correction"


def mark_answer(ws: Workspace, run_id: str, model_id: str, question: str, *, wrong: bool, by: str) -> None:
    """Say that an answer is wrong, or take that back.

    Args:
        question: the demonstration's id, or the prompt where there was none.

    Raises:
        NotFound: that run has no such answer.
        InvalidInput: no name.
    """
    _named(by)
    _answer(ws, run_id, model_id, question)
    verdict: Verdict | None = "wrong" if wrong else None
    ws.answer_marks.add(AnswerMark(run_id, model_id, question, verdict, by.strip(), datetime.now(UTC)))


def wrong_answers(ws: Workspace, run_id: str) -> dict[tuple[str, str], str]:
    """Who marked which answers of a run as wrong, by (model, question)."""
    return {(mark.model_id, mark.answer_key): mark.marked_by for mark in ws.answer_marks.list(run_id)}


def promote_correction(
    ws: Workspace, run_id: str, model_id: str, question: str, response: str, by: str
) -> Demonstration:
    """Keep a corrected answer as a draft demonstration, to be approved in step 1.

    It has the prompt of a held-out demonstration and so joins its split: the test stays a test.

    Raises:
        NotFound: that run has no such answer.
        InvalidInput: no name, or the response is empty, or is there already with this prompt.
    """
    _named(by)
    answer = _answer(ws, run_id, model_id, question)
    return add_demonstration(
        ws,
        prompt=answer.prompt,
        response=response,
        tags=(*answer.tags, TAG),
        source=f"Correction of {model_id}",
        author=by,
        status="draft",
    )


def _named(by: str) -> None:
    if not by.strip():
        raise InvalidInput("Choose your name in the sidebar first: it stands beside what you say.")


def _answer(ws: Workspace, run_id: str, model_id: str, question: str) -> AnswerRow:
    for row in ws.answers.list(run_id=run_id, model_id=model_id):
        if question in (row.demonstration_id, row.prompt):
            return row
    raise NotFound(f"The run {run_id} holds no answer of '{model_id}' to that prompt.")

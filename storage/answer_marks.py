"""Answer marks: what a person said of one answer of one run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from duckdb import DuckDBPyConnection

from storage.repository import Repository, fetch, insert_many, record_of

Verdict = Literal["wrong"]


@dataclass(frozen=True, slots=True)
class AnswerMark:
    """One mark. ``answer_key`` is the demonstration's id, or the prompt where there was none."""

    run_id: str
    model_id: str
    answer_key: str
    verdict: Verdict | None
    """None takes an earlier mark back."""
    marked_by: str
    marked_at: datetime


_COLUMNS = "run_id, model_id, answer_key, verdict, marked_by, marked_at"

AnswerMarks = list[AnswerMark]


class AnswerMarkRepository(Repository):
    """Table ``answer_marks``; rows are only ever added."""

    def add(self, mark: AnswerMark, cursor: DuckDBPyConnection | None = None) -> None:
        """Adds a mark; it counts from now on."""
        self._write(lambda own: insert_many(own, "answer_marks", [record_of(mark)]), cursor)

    def list(self, run_id: str) -> AnswerMarks:
        """The marks that count: the newest of each answer, where that one has a verdict."""
        with self._read() as reader:
            reader.execute(
                f"""SELECT {_COLUMNS} FROM answer_marks WHERE run_id = ?
                QUALIFY row_number() OVER (PARTITION BY model_id, answer_key ORDER BY marked_at DESC, rowid DESC) = 1
                AND verdict IS NOT NULL ORDER BY marked_at, rowid""",
                [run_id],
            )
            return fetch(reader, AnswerMark)

"""What people asked the models, and what those said: comparisons side by side, and chats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from duckdb import DuckDBPyConnection

from storage.errors import RowNotFound
from storage.repository import Repository, Where, encoded, fetch, fetch_one, insert_many, page, record_of


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """One prompt and the answers of several models, in the order in which they stood."""

    id: str
    person: str
    prompt: str
    question: dict[str, Any]
    answers: dict[str, Any]
    blind: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """One question of a chat and the model's answer."""

    id: str
    chat_id: str
    person: str
    position: int
    model_id: str
    prompt: str
    response: str
    details: dict[str, Any]
    created_at: datetime


_COMPARISON = "id, person, prompt, question, answers, blind, created_at"
_TURN = "id, chat_id, person, position, model_id, prompt, response, details, created_at"

Comparisons = list[ComparisonRow]
Turns = list[ChatTurn]


class ComparisonRepository(Repository):
    """Tables ``comparisons`` and ``comparison_votes``, both append-only."""

    def add(self, row: ComparisonRow, cursor: DuckDBPyConnection | None = None) -> None:
        """Saves a comparison."""
        self._write(lambda own: insert_many(own, "comparisons", [_record(row)]), cursor)

    def get(self, id: str) -> ComparisonRow:
        """The comparison. Raises RowNotFound."""
        with self._read() as reader:
            row = fetch_one(reader.execute(f"SELECT {_COMPARISON} FROM comparisons WHERE id = ?", [id]), ComparisonRow)
            if row is None:
                raise RowNotFound("comparison", id)
            return row

    def list(self, *, person: str | None = None, limit: int | None = None) -> Comparisons:
        """Comparisons, newest first."""
        where = Where().add("person = ?", person)
        with self._read() as reader:
            reader.execute(
                f"SELECT {_COMPARISON} FROM comparisons{where.sql} ORDER BY created_at DESC, rowid DESC{page(limit)}",
                where.parameters,
            )
            return fetch(reader, ComparisonRow)

    def add_votes(self, id: str, vote_ids: Sequence[str]) -> None:
        """Notes which votes came of a comparison."""
        now = datetime.now(UTC)
        records = [{"comparison_id": id, "vote_id": vote, "created_at": now} for vote in vote_ids]
        self._write(lambda own: insert_many(own, "comparison_votes", records), None)

    def votes(self, id: str) -> tuple[str, ...]:
        """Ids of the live votes that came of a comparison."""
        with self._read() as reader:
            reader.execute(
                """SELECT vote_id FROM comparison_votes
                WHERE comparison_id = ? AND vote_id IN (SELECT id FROM live_votes)""",
                [id],
            )
            return tuple(row[0] for row in reader.fetchall())


class ChatRepository(Repository):
    """Table ``chat_turns``, append-only."""

    def add(self, turn: ChatTurn) -> None:
        """Saves a turn."""
        self._write(lambda own: insert_many(own, "chat_turns", [_record(turn)]), None)

    def turns(self, chat_id: str) -> Turns:
        """The turns of a chat, in order."""
        with self._read() as reader:
            reader.execute(f"SELECT {_TURN} FROM chat_turns WHERE chat_id = ? ORDER BY position, created_at", [chat_id])
            return fetch(reader, ChatTurn)

    def first_turns(self, person: str, limit: int) -> Turns:
        """The opening turn of each of a person's chats, the chat with the newest turn first."""
        with self._read() as reader:
            reader.execute(
                f"""SELECT {_TURN} FROM chat_turns JOIN (
                    SELECT chat_id AS chat, max(created_at) AS newest FROM chat_turns GROUP BY chat_id
                ) ON chat = chat_id WHERE person = ? AND position = 0 ORDER BY newest DESC LIMIT {int(limit)}""",
                [person],
            )
            return fetch(reader, ChatTurn)


def _record(row: ComparisonRow | ChatTurn) -> dict[str, Any]:
    return {name: encoded(value) for name, value in record_of(row).items()}

"""Votes: which of two responses an annotator chose. Rows are never changed; an undo is a row of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from duckdb import DuckDBPyConnection

from storage.errors import RowConflict, RowNotFound
from storage.pairs import Side
from storage.repository import Repository, Where, arrow_view, fetch, fetch_one, insert_many, record_of, scalar

Choice = Literal["a", "b", "tie"]


@dataclass(frozen=True, slots=True)
class Vote:
    """One annotator's choice on one pair.

    ``left`` is the response that was shown left, ``seconds`` the time taken.
    """

    id: str
    pair_id: str
    annotator_id: str
    choice: Choice
    left: Side
    simulated: bool
    seconds: float | None
    created_at: datetime
    undone: bool = False


_STORED = ("id", "pair_id", "annotator_id", "choice", "left", "simulated", "seconds", "created_at")
_UNDONE = "id IN (SELECT vote_id FROM vote_undos)"
_SELECT = f"""SELECT id, pair_id, annotator_id, choice, "left", simulated, seconds, created_at,
    {_UNDONE} AS undone FROM votes"""

Votes = list[Vote]


class VoteRepository(Repository):
    """Tables ``votes`` and ``vote_undos``, both append-only."""

    def add(self, vote: Vote, cursor: DuckDBPyConnection | None = None) -> None:
        """Saves a vote. Raises as ``add_many`` does."""
        self.add_many([vote], cursor)

    def add_many(self, votes: Sequence[Vote], cursor: DuckDBPyConnection | None = None) -> int:
        """Saves votes in bulk, all or none; returns their number.

        Raises RowConflict where an annotator would have two live votes on one pair, RowNotFound where there
        is no such pair.
        """

        def write(own: DuckDBPyConnection) -> int:
            if not votes:
                return 0
            _check(own, votes)
            records = [{name: getattr(vote, name) for name in _STORED} for vote in votes]
            return insert_many(own, "votes", records)

        return self._write(write, cursor)

    def undo(self, vote_id: str, cursor: DuckDBPyConnection | None = None) -> None:
        """Takes a vote back; it stays on record.

        Raises RowNotFound, or RowConflict where it was undone before.
        """

        def write(own: DuckDBPyConnection) -> None:
            vote = fetch_one(own.execute(f"{_SELECT} WHERE id = ?", [vote_id]), Vote)
            if vote is None:
                raise RowNotFound("vote", vote_id)
            if vote.undone:
                raise RowConflict("This vote was undone before.")
            insert_many(own, "vote_undos", [{"vote_id": vote_id, "undone_at": datetime.now(UTC)}])

        self._write(write, cursor)

    def live(
        self,
        *,
        simulated: bool | None = None,
        annotator_id: str | None = None,
        pair_ids: Collection[str] | None = None,
        cursor: DuckDBPyConnection | None = None,
    ) -> Votes:
        """The votes that count, in the order they were cast."""
        where = _filters(simulated, annotator_id).add_in("pair_id", pair_ids).add(f"{_UNDONE} = ?", False)
        with self._read(cursor) as reader:
            reader.execute(f"{_SELECT}{where.sql} ORDER BY created_at, rowid", where.parameters)
            return fetch(reader, Vote)

    def list(self, *, simulated: bool | None = None, annotator_id: str | None = None) -> Votes:
        """All votes, undone ones included, in the order they were cast."""
        where = _filters(simulated, annotator_id)
        with self._read() as reader:
            reader.execute(f"{_SELECT}{where.sql} ORDER BY created_at, rowid", where.parameters)
            return fetch(reader, Vote)

    def count(self, simulated: bool | None = None) -> int:
        """How many votes count."""
        where = _filters(simulated, None).add(f"{_UNDONE} = ?", False)
        with self._read() as reader:
            return int(scalar(reader.execute(f"SELECT count(*) FROM votes{where.sql}", where.parameters)))

    def last_of(self, annotator_id: str, cursor: DuckDBPyConnection | None = None) -> Vote | None:
        """The annotator's newest live vote, if any."""
        where = _filters(None, annotator_id).add(f"{_UNDONE} = ?", False)
        with self._read(cursor) as reader:
            reader.execute(f"{_SELECT}{where.sql} ORDER BY created_at DESC, rowid DESC LIMIT 1", where.parameters)
            return fetch_one(reader, Vote)


def _filters(simulated: bool | None, annotator_id: str | None) -> Where:
    return Where().add("simulated = ?", simulated).add("annotator_id = ?", annotator_id)


def _check(cursor: DuckDBPyConnection, votes: Sequence[Vote]) -> None:
    """Writers pass one at a time, so what is checked here still holds when the rows are inserted."""
    if max(Counter((vote.pair_id, vote.annotator_id) for vote in votes).values()) > 1:
        raise RowConflict("The same annotator votes twice on one pair.")
    with arrow_view(cursor, "new_votes", [record_of(vote) for vote in votes]):
        missing = scalar(cursor.execute("SELECT pair_id FROM new_votes WHERE pair_id NOT IN (SELECT id FROM pairs)"))
        if missing is not None:
            raise RowNotFound("pair", missing)
        double = scalar(
            cursor.execute(
                f"""SELECT pair_id FROM votes SEMI JOIN new_votes USING (pair_id, annotator_id)
                WHERE NOT {_UNDONE}"""
            )
        )
        if double is not None:
            raise RowConflict("This annotator has voted on this pair already; undo that vote first.")

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
from storage.repository import Repository, Where, arrow_view, encoded, fetch, fetch_one, insert_many, scalar

Choice = Literal["a", "b", "tie"]


@dataclass(frozen=True, slots=True)
class Vote:
    """One annotator's choice on one pair.

    ``left`` is the response that was shown left, ``seconds`` the time taken. ``occasion`` is 1 where the pair was shown
    to this annotator a second time on purpose, 0 otherwise. ``both_bad`` goes with a tie only; ``strength`` is 'much'
    for much better.
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
    occasion: int = 0
    both_bad: bool = False
    strength: str | None = None
    reasons: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """An annotator's votes, those since a moment with their median seconds, and the id of the newest vote."""

    done: int
    recent: int
    seconds: float | None
    last_id: str | None


_STORED = (
    "id", "pair_id", "annotator_id", "choice", "left", "simulated", "seconds", "created_at", "occasion", "both_bad",
)  # fmt: skip
_UNDONE = "votes.id IN (SELECT vote_id FROM vote_undos)"
_EXCLUDED = "votes.id IN (SELECT id FROM excluded_votes)"
_OCCASION = "coalesce(votes.occasion, 0)"
_SELECT = f"""SELECT votes.id, votes.pair_id, votes.annotator_id, votes.choice, votes."left", votes.simulated,
    votes.seconds, votes.created_at, {_UNDONE} AS undone, {_OCCASION} AS occasion,
    coalesce(votes.both_bad, false) AS both_bad, newest.said.strength AS strength,
    coalesce(newest.said.reasons, []) AS reasons, coalesce(newest.said.comment, '') AS comment
    FROM votes LEFT JOIN (
        SELECT vote_id, arg_max(struct_pack(strength, reasons, comment), noted_at) AS said FROM vote_details
        GROUP BY vote_id
    ) AS newest ON newest.vote_id = votes.id"""

Votes = list[Vote]


class VoteRepository(Repository):
    """Tables ``votes``, ``vote_undos`` and ``vote_details``, all append-only.

    Unless said otherwise, repeats shown on purpose and votes that a rule excludes are left out: so every figure
    follows the rules.
    """

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
            insert_many(own, "vote_details", [_details(vote) for vote in votes if _has_details(vote)])
            return insert_many(own, "votes", records)

        return self._write(write, cursor)

    def annotate(self, vote: Vote, cursor: DuckDBPyConnection | None = None) -> None:
        """Stores anew what is said beside a vote: strength, reasons, comment. What was said before stays on record."""

        def write(own: DuckDBPyConnection) -> None:
            insert_many(own, "vote_details", [_details(vote)])

        self._write(write, cursor)

    def find(self, vote_id: str, cursor: DuckDBPyConnection | None = None) -> Vote | None:
        """The vote, undone or not, if there is one of that id."""
        with self._read(cursor) as reader:
            return fetch_one(reader.execute(f"{_SELECT} WHERE votes.id = ?", [vote_id]), Vote)

    def search(self, words: str, limit: int) -> Votes:
        """Votes not taken back, on pairs whose prompt has these words, or the vote of that id; newest first."""
        with self._read() as reader:
            reader.execute(
                f"""{_SELECT} WHERE NOT {_UNDONE} AND (votes.id = ? OR votes.pair_id IN (
                    SELECT id FROM pairs WHERE contains(lower(prompt), lower(?))
                )) ORDER BY votes.created_at DESC, votes.rowid DESC LIMIT {int(limit)}""",
                [words, words],
            )
            return fetch(reader, Vote)

    def undo(self, vote_id: str, cursor: DuckDBPyConnection | None = None) -> None:
        """Takes a vote back; it stays on record.

        Raises RowNotFound, or RowConflict where it was undone before.
        """

        def write(own: DuckDBPyConnection) -> None:
            vote = fetch_one(own.execute(f"{_SELECT} WHERE votes.id = ?", [vote_id]), Vote)
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
        excluded: bool | None = False,
        occasion: int | None = 0,
        cursor: DuckDBPyConnection | None = None,
    ) -> Votes:
        """The votes that count, in the order they were cast.

        Args:
            excluded: True for those that a rule excludes, None for both.
            occasion: 1 for repeats shown on purpose, None for both.
        """
        where = _filters(simulated, annotator_id).add_in("votes.pair_id", pair_ids).add(f"{_UNDONE} = ?", False)
        where.add(f"{_EXCLUDED} = ?", excluded).add(f"{_OCCASION} = ?", occasion)
        with self._read(cursor) as reader:
            reader.execute(f"{_SELECT}{where.sql} ORDER BY votes.created_at, votes.rowid", where.parameters)
            return fetch(reader, Vote)

    def list(self, *, simulated: bool | None = None, annotator_id: str | None = None) -> Votes:
        """All votes, undone ones included, in the order they were cast."""
        where = _filters(simulated, annotator_id)
        with self._read() as reader:
            reader.execute(f"{_SELECT}{where.sql} ORDER BY votes.created_at, votes.rowid", where.parameters)
            return fetch(reader, Vote)

    def count(self, simulated: bool | None = None) -> int:
        """How many votes count."""
        where = Where().add("simulated = ?", simulated)
        with self._read() as reader:
            return int(scalar(reader.execute(f"SELECT count(*) FROM counted_votes{where.sql}", where.parameters)))

    def count_since(self, moment: datetime, *, simulated: bool) -> int:
        """How many votes that count were cast after a moment."""
        with self._read() as reader:
            reader.execute(
                "SELECT count(*) FROM counted_votes WHERE created_at > ? AND simulated = ?",
                [encoded(moment), simulated],
            )
            return int(scalar(reader))

    def pace(self, annotator_id: str, since: datetime) -> Pace:
        """How many votes an annotator has cast and how fast, repeats and excluded ones included."""
        with self._read() as reader:
            reader.execute(
                """SELECT count(*) AS done, count(*) FILTER (created_at >= $since) AS recent,
                median(seconds) FILTER (created_at >= $since) AS seconds, arg_max(id, created_at) AS last_id
                FROM live_votes WHERE annotator_id = $me""",
                {"me": annotator_id, "since": encoded(since)},
            )
            return fetch(reader, Pace)[0]

    def last_of(self, annotator_id: str, cursor: DuckDBPyConnection | None = None) -> Vote | None:
        """The annotator's newest vote that was not undone, repeats and excluded ones included, if any."""
        where = _filters(None, annotator_id).add(f"{_UNDONE} = ?", False)
        with self._read(cursor) as reader:
            reader.execute(
                f"{_SELECT}{where.sql} ORDER BY votes.created_at DESC, votes.rowid DESC LIMIT 1", where.parameters
            )
            return fetch_one(reader, Vote)


def _filters(simulated: bool | None, annotator_id: str | None) -> Where:
    return Where().add("votes.simulated = ?", simulated).add("votes.annotator_id = ?", annotator_id)


def _has_details(vote: Vote) -> bool:
    return bool(vote.strength or vote.reasons or vote.comment)


def _details(vote: Vote) -> dict[str, object]:
    return {
        "vote_id": vote.id,
        "strength": vote.strength,
        "reasons": vote.reasons,
        "comment": vote.comment,
        "noted_at": datetime.now(UTC),
    }


def _check(cursor: DuckDBPyConnection, votes: Sequence[Vote]) -> None:
    """Writers pass one at a time, so what is checked here still holds when the rows are inserted."""
    if max(Counter((vote.pair_id, vote.annotator_id, vote.occasion) for vote in votes).values()) > 1:
        raise RowConflict("The same annotator votes twice on one pair.")
    keys = [{"pair_id": vote.pair_id, "annotator_id": vote.annotator_id, "occasion": vote.occasion} for vote in votes]
    with arrow_view(cursor, "new_votes", keys):
        missing = scalar(cursor.execute("SELECT pair_id FROM new_votes WHERE pair_id NOT IN (SELECT id FROM pairs)"))
        if missing is not None:
            raise RowNotFound("pair", missing)
        double = scalar(
            cursor.execute(
                "SELECT pair_id FROM live_votes SEMI JOIN new_votes USING (pair_id, annotator_id, occasion) LIMIT 1"
            )
        )
        if double is not None:
            raise RowConflict("You have voted on this pair already, perhaps in another window; undo that vote first.")

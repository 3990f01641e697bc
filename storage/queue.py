"""Who gets which pair next: seats on pairs, reservations that lapse, skips, deliberate repeats.

A pair has as many seats as people are to vote on it. A seat is taken by a vote that counts, or held by somebody who was
shown the pair a short while ago. Handing out and voting happen in write transactions, which pass one at a time, so no
pair ever gets more votes than it has seats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from duckdb import DuckDBPyConnection

from storage.repository import Repository, encoded, fetch, insert_many, page, scalar

Order = Literal["random", "newest", "disputed", "informative"]
EventKind = Literal["shown", "skipped", "released", "revealed"]


@dataclass(frozen=True, slots=True)
class QueueRules:
    """What decides who gets which pair.

    ``seats`` people vote on a share ``overlap`` of the pairs, chosen by a hash of the pair's id, and one on the others.
    Under the order 'disputed' a pair whose votes differ has one more seat. ``lapse_seconds`` after it was shown, a pair
    that was not voted on is no longer held.
    """

    seats: int = 2
    overlap: float = 1.0
    order: Order = "random"
    lapse_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One showing of a pair to one annotator. ``occasion`` is 1 for a repeat on purpose."""

    pair_id: str
    occasion: int


# The random order is one for all, so that people meet on the same pairs soon and pairs are completed.
_LOT = "(md5_number(pairs.id) % 1000000) / 1e6"
_ORDERS: dict[Order, str] = {
    "random": _LOT,
    "newest": f"pairs.created_at DESC, {_LOT}",
    "disputed": f"coalesce(seats.kinds, 0) > 1 DESC, coalesce(seats.votes, 0) DESC, {_LOT}",
    "informative": f"""(SELECT abs(arg_max(margin, scored_at)) FROM pair_scores WHERE pair_id = pairs.id) NULLS LAST,
        {_LOT}""",
}
# A turn that is held was shown since then, so older events need not be looked at.
_HELD = """recent AS (
        SELECT pair_id, annotator_id, occasion, arg_max(kind, happened_at) AS kind, max(happened_at) AS happened_at
        FROM queue_events WHERE happened_at > $since GROUP BY pair_id, annotator_id, occasion),
    held AS (
        SELECT * FROM recent ANTI JOIN live_votes USING (pair_id, annotator_id, occasion) WHERE kind = 'shown')"""
_MINE = """mine AS (
        SELECT pair_id, occasion, arg_max(kind, happened_at) AS kind
        FROM queue_events WHERE annotator_id = $me GROUP BY pair_id, occasion)"""
_SEATS = """seats AS (
        SELECT pair_id, count(*) AS votes, count(DISTINCT choice) AS kinds FROM counted_votes
        WHERE NOT simulated AND annotator_id <> $me GROUP BY pair_id),
    taken AS (
        SELECT pair_id, count(*) AS seats FROM held WHERE occasion = 0 AND annotator_id <> $me GROUP BY pair_id)"""


def _free_sql(rules: QueueRules) -> str:
    """Pairs with a free seat that $me has neither voted on nor skipped. Simple rules cost no hash per pair."""
    quota = "$seats" if rules.overlap >= 1 else f"CASE WHEN {_LOT} < $overlap THEN $seats ELSE 1 END"
    if rules.order == "disputed":
        quota += " + CASE WHEN coalesce(seats.kinds, 0) > 1 THEN 1 ELSE 0 END"
    return f"""FROM pairs LEFT JOIN seats ON seats.pair_id = pairs.id LEFT JOIN taken ON taken.pair_id = pairs.id
        WHERE coalesce(seats.votes, 0) + coalesce(taken.seats, 0) < {quota}
        AND pairs.id NOT IN (SELECT pair_id FROM live_votes WHERE annotator_id = $me)
        AND pairs.id NOT IN (SELECT pair_id FROM mine WHERE kind IN ('skipped', 'revealed'))"""


class QueueRepository(Repository):
    """Table ``queue_events``, append-only: the newest event of a turn tells how it stands."""

    def held(self, annotator_id: str, rules: QueueRules, cursor: DuckDBPyConnection | None = None) -> list[Turn]:
        """What this annotator was shown and holds, in the order it was shown."""
        with self._read(cursor) as reader:
            reader.execute(
                f"""WITH {_HELD} SELECT pair_id, occasion FROM held WHERE annotator_id = $me
                ORDER BY happened_at, pair_id""",
                {"me": annotator_id, "since": _since(rules)},
            )
            return fetch(reader, Turn)

    def free(
        self, annotator_id: str, rules: QueueRules, limit: int, cursor: DuckDBPyConnection | None = None
    ) -> list[str]:
        """Pairs with a free seat that this annotator has not voted on, skipped or held, in the rules' order."""
        with self._read(cursor) as reader:
            reader.execute(
                f"""WITH {_HELD}, {_MINE}, {_SEATS} SELECT pairs.id {_free_sql(rules)}
                AND pairs.id NOT IN (SELECT pair_id FROM held WHERE annotator_id = $me)
                ORDER BY {_ORDERS[rules.order]}, pairs.id{page(limit)}""",
                _parameters(annotator_id, rules),
            )
            return [row[0] for row in reader.fetchall()]

    def ahead(self, annotator_id: str, rules: QueueRules) -> int:
        """How many pairs wait for this annotator, those that are held included."""
        with self._read() as reader:
            reader.execute(
                f"WITH {_HELD}, {_MINE}, {_SEATS} SELECT count(*) {_free_sql(rules)}", _parameters(annotator_id, rules)
            )
            return int(scalar(reader))

    def has_seat(self, pair_id: str, annotator_id: str, rules: QueueRules, cursor: DuckDBPyConnection) -> bool:
        """Whether this annotator's vote on the pair would stay within its seats. Call it in the vote's transaction."""
        cursor.execute(
            f"""WITH live AS MATERIALIZED (
                SELECT id, annotator_id, choice, simulated FROM live_votes WHERE pair_id = $pair AND occasion = 0),
            recent AS (
                SELECT annotator_id, arg_max(kind, happened_at) AS kind FROM queue_events
                WHERE pair_id = $pair AND occasion = 0 AND happened_at > $since GROUP BY annotator_id)
            SELECT (SELECT list(annotator_id) FROM recent ANTI JOIN live USING (annotator_id) WHERE kind = 'shown'),
                (SELECT list(choice) FROM live WHERE annotator_id <> $me AND NOT simulated AND id NOT IN (
                    SELECT excluded_votes.id FROM excluded_votes JOIN votes USING (id) WHERE votes.pair_id = $pair)),
                (SELECT {_LOT} FROM pairs WHERE id = $pair)""",
            {"pair": pair_id, "me": annotator_id, "since": _since(rules)},
        )
        held_by, choices, lot = cursor.fetchall()[0]
        held_by, choices = held_by or [], choices or []  # a list over no row is null
        seats = rules.seats if lot < rules.overlap else 1
        seats += rules.order == "disputed" and len(set(choices)) > 1
        # Whoever holds the pair has a seat kept; anybody else must leave the kept ones alone.
        kept = 0 if annotator_id in held_by else len(held_by)
        return len(choices) + kept < seats

    def to_repeat(self, annotator_id: str, after_votes: int, cursor: DuckDBPyConnection) -> str | None:
        """A pair for a deliberate repeat: voted on at least ``after_votes`` votes ago, never repeated, not revealed."""
        cursor.execute(
            """SELECT pair_id FROM (
                SELECT pair_id, row_number() OVER (ORDER BY created_at DESC) AS ago FROM live_votes
                WHERE annotator_id = $me AND occasion = 0)
            WHERE ago > $after AND pair_id NOT IN (
                SELECT pair_id FROM queue_events
                WHERE annotator_id = $me AND (occasion = 1 OR kind = 'revealed'))
            ORDER BY md5(pair_id || $me) LIMIT 1""",
            {"me": annotator_id, "after": after_votes},
        )
        found: str | None = scalar(cursor)
        return found

    def repeats_due(self, annotator_id: str, share: float, cursor: DuckDBPyConnection | None = None) -> int:
        """How many repeats the annotator's first votes ask for beyond those that were handed out."""
        with self._read(cursor) as reader:
            reader.execute(
                """SELECT CAST(floor($share * (
                    SELECT count(*) FROM live_votes WHERE annotator_id = $me AND occasion = 0)) AS BIGINT) - (
                    SELECT count(DISTINCT pair_id) FROM queue_events WHERE annotator_id = $me AND occasion = 1)""",
                {"share": share, "me": annotator_id},
            )
            return int(scalar(reader))

    def skipped(self, annotator_id: str) -> list[Turn]:
        """What this annotator skipped and has not asked for again."""
        with self._read() as reader:
            reader.execute(
                f"WITH {_MINE} SELECT pair_id, occasion FROM mine WHERE kind = 'skipped'",
                {"me": annotator_id},
            )
            return fetch(reader, Turn)

    def is_revealed(self, pair_id: str, annotator_id: str, cursor: DuckDBPyConnection | None = None) -> bool:
        """Whether this annotator was told which models wrote the pair."""
        with self._read(cursor) as reader:
            reader.execute(
                "SELECT count(*) FROM queue_events WHERE pair_id = ? AND annotator_id = ? AND kind = 'revealed'",
                [pair_id, annotator_id],
            )
            return int(scalar(reader)) > 0

    def note(
        self, annotator_id: str, turns: Sequence[Turn], kind: EventKind, cursor: DuckDBPyConnection | None = None
    ) -> None:
        """Appends an event for each turn; a microsecond apart, so that their order is kept."""
        now = datetime.now(UTC)
        records = [
            {
                "pair_id": turn.pair_id,
                "annotator_id": annotator_id,
                "occasion": turn.occasion,
                "kind": kind,
                "happened_at": now + timedelta(microseconds=number),
            }
            for number, turn in enumerate(turns)
        ]
        self._write(lambda own: insert_many(own, "queue_events", records), cursor)


class PairScoreRepository(Repository):
    """Table ``pair_scores``: how a reward model sees the pairs. The newest score of a pair counts."""

    def add_many(
        self, model_id: str, margins: Sequence[tuple[str, float]], cursor: DuckDBPyConnection | None = None
    ) -> int:
        """Stores (pair id, score of A − score of B) for each; returns their number."""
        now = datetime.now(UTC)
        records = [
            {"pair_id": pair_id, "model_id": model_id, "margin": margin, "scored_at": now}
            for pair_id, margin in margins
        ]
        return self._write(lambda own: insert_many(own, "pair_scores", records), cursor)

    def count(self) -> int:
        """How many pairs have a score."""
        with self._read() as reader:
            return int(scalar(reader.execute("SELECT count(DISTINCT pair_id) FROM pair_scores")))


def _since(rules: QueueRules) -> Any:
    return encoded(datetime.now(UTC) - timedelta(seconds=rules.lapse_seconds))


def _parameters(annotator_id: str, rules: QueueRules) -> dict[str, Any]:
    values = {"me": annotator_id, "since": _since(rules), "seats": rules.seats}
    return values if rules.overlap >= 1 else values | {"overlap": rules.overlap}

"""Pairs: two responses to one prompt, and on which side each was shown."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from duckdb import DuckDBPyConnection

from storage.errors import RowNotFound
from storage.repository import Repository, Where, fetch, fetch_one, insert_many, page, scalar

Side = Literal["a", "b"]
OTHER_SIDE: dict[Side, Side] = {"a": "b", "b": "a"}


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair; texts and models come from table ``responses``. ``run_id`` is None where it was imported."""

    id: str
    run_id: str | None
    prompt: str
    demonstration_id: str | None
    split: str
    response_a_id: str
    response_b_id: str
    response_a: str
    response_b: str
    model_a: str
    model_b: str
    created_at: datetime


_OWN = ("id", "run_id", "prompt", "demonstration_id", "split", "response_a_id", "response_b_id", "created_at")
_SELECT = f"""SELECT {", ".join(f"pairs.{name}" for name in _OWN)}, response_a.text AS response_a,
    response_b.text AS response_b, response_a.model_id AS model_a, response_b.model_id AS model_b
    FROM pairs JOIN responses AS response_a ON response_a.id = pairs.response_a_id
    JOIN responses AS response_b ON response_b.id = pairs.response_b_id"""

Pairs = list[Pair]


class PairRepository(Repository):
    """Tables ``pairs`` and ``presentations``; who gets which pair is for ``storage.queue``."""

    def add_many(self, rows: Sequence[Pair], cursor: DuckDBPyConnection | None = None) -> int:
        """Adds pairs in bulk; returns their number.

        Their responses must be added to ``responses`` in the same transaction: only the ids are stored here.
        """
        records = [{name: getattr(row, name) for name in _OWN} for row in rows]
        return self._write(lambda own: insert_many(own, "pairs", records), cursor)

    def existing_ids(self, ids: Collection[str], cursor: DuckDBPyConnection | None = None) -> set[str]:
        """Those of ``ids`` that are pairs here."""
        where = Where().add_in("id", ids)
        with self._read(cursor) as reader:
            found = reader.execute(f"SELECT id FROM pairs{where.sql}", where.parameters).fetchall()
            return {row[0] for row in found}

    def get(self, id: str, cursor: DuckDBPyConnection | None = None) -> Pair:
        """The pair. Raises RowNotFound."""
        with self._read(cursor) as reader:
            row = fetch_one(reader.execute(f"{_SELECT} WHERE pairs.id = ?", [id]), Pair)
            if row is None:
                raise RowNotFound("pair", id)
            return row

    def of_ids(self, ids: Collection[str], cursor: DuckDBPyConnection | None = None) -> dict[str, Pair]:
        """Those of ``ids`` that are pairs here, by id."""
        where = Where().add_in("pairs.id", ids)
        with self._read(cursor) as reader:
            return {row.id: row for row in fetch(reader.execute(f"{_SELECT}{where.sql}", where.parameters), Pair)}

    def list(self, *, run_id: str | None = None, split: str | None = None, limit: int | None = None) -> Pairs:
        """Pairs in the order they were added."""
        where = Where().add("pairs.run_id = ?", run_id).add("pairs.split = ?", split)
        with self._read() as reader:
            reader.execute(
                f"{_SELECT}{where.sql} ORDER BY pairs.created_at, pairs.rowid{page(limit)}", where.parameters
            )
            return fetch(reader, Pair)

    def count(self, *, run_id: str | None = None, split: str | None = None) -> int:
        """How many pairs there are."""
        where = Where().add("run_id = ?", run_id).add("split = ?", split)
        with self._read() as reader:
            return int(scalar(reader.execute(f"SELECT count(*) FROM pairs{where.sql}", where.parameters)))

    def side(
        self, pair_id: str, annotator_id: str, cursor: DuckDBPyConnection | None = None, *, occasion: int = 0
    ) -> Side:
        """Which response this annotator sees on the left: drawn by chance once, then always the same.

        On a repeat (``occasion`` 1) it is the other one. Raises RowNotFound where there is no such pair.
        """

        def write(own: DuckDBPyConnection) -> Side:
            drawn: Side | None = scalar(own.execute(_SIDE, [pair_id, annotator_id, occasion]))
            if drawn is not None:
                return drawn
            self.get(pair_id, own)
            self.draw_sides(annotator_id, [(pair_id, occasion)], own)
            return self.sides(annotator_id, [pair_id], own)[pair_id, occasion]

        with self._read(cursor) as reader:  # shown before: no need to wait for the writer
            known: Side | None = scalar(reader.execute(_SIDE, [pair_id, annotator_id, occasion]))
        return known if known is not None else self._write(write, cursor)

    def draw_sides(
        self, annotator_id: str, turns: Collection[tuple[str, int]], cursor: DuckDBPyConnection | None = None
    ) -> None:
        """Draw what ``side`` would give for several (pair, occasion) at once, of pairs that are known to exist."""

        def write(own: DuckDBPyConnection) -> None:
            known = self.sides(annotator_id, {pair_id for pair_id, _ in turns}, own)
            firsts = [(pair_id, 0) for pair_id, _ in turns]
            drawn: dict[tuple[str, int], Side] = {}
            for pair_id, occasion in dict.fromkeys([*firsts, *turns]):
                if (pair_id, occasion) not in known:
                    first = known.get((pair_id, 0)) or drawn.get((pair_id, 0))
                    drawn[pair_id, occasion] = OTHER_SIDE[first] if first else secrets.choice(("a", "b"))
            shared = {"annotator_id": annotator_id, "shown_at": datetime.now(UTC)}
            insert_many(
                own,
                "presentations",
                [
                    {"pair_id": pair_id, "occasion": occasion, "left": left, **shared}
                    for (pair_id, occasion), left in drawn.items()
                ],
            )

        self._write(write, cursor)

    def present(self, pair_id: str, annotator_id: str, left: Side, cursor: DuckDBPyConnection | None = None) -> None:
        """Stores which response an annotator saw on the left where the sides were drawn before there was a pair."""
        record = {"pair_id": pair_id, "annotator_id": annotator_id, "left": left, "occasion": 0}
        self._write(lambda own: insert_many(own, "presentations", [record | {"shown_at": datetime.now(UTC)}]), cursor)

    def shown(self) -> set[tuple[str, str]]:
        """(pair, annotator) for each pair that was shown to somebody here: votes from elsewhere have no true side."""
        with self._read() as reader:
            return set(reader.execute("SELECT DISTINCT pair_id, annotator_id FROM presentations").fetchall())

    def sides(
        self, annotator_id: str, pair_ids: Collection[str], cursor: DuckDBPyConnection | None = None
    ) -> dict[tuple[str, int], Side]:
        """The sides that were drawn for these pairs, by pair and occasion."""
        where = Where().add("annotator_id = ?", annotator_id).add_in("pair_id", pair_ids)
        with self._read(cursor) as reader:
            sql = f'SELECT pair_id, coalesce(occasion, 0), "left" FROM presentations{where.sql}'
            return {(row[0], row[1]): row[2] for row in reader.execute(sql, where.parameters).fetchall()}


_SIDE = """SELECT "left" FROM presentations
    WHERE pair_id = ? AND annotator_id = ? AND coalesce(occasion, 0) = ?"""

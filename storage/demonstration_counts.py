"""How many demonstrations there are of what, and which a search found: looked up once, and again after a write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from duckdb import DuckDBPyConnection

from storage.database import Database
from storage.demonstration_rows import ORDERS, Filter, Order, where
from storage.repository import Repository, encoded, scalar

if TYPE_CHECKING:
    import numpy as np

Counts = TypeVar("Counts")

SEARCHES = 8
"""So many searches are remembered, at eight bytes for each row that they found."""


class DemonstrationCounts(Repository):
    """Counts over table ``demonstrations``. A page asks for the same ones at every click."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self._known: dict[object, tuple[int, Any]] = {}
        self._searches: dict[object, tuple[int, np.ndarray]] = {}

    def count(self, **wanted: Unpack[Filter]) -> int:
        """How many rows there are, or how many ``list`` would give with the same filter and no limit."""
        if wanted.get("search"):
            return len(self._found("added", wanted))
        chosen = where(wanted)
        return self._once(
            ("count", chosen.sql, *chosen.parameters),
            lambda reader: int(
                scalar(reader.execute(f"SELECT count(*) FROM demonstrations{chosen.sql}", chosen.parameters))
            ),
        )

    def tags(self) -> dict[str, int]:
        """How many rows bear each tag, the most frequent first."""
        return dict(
            self._once(
                "tags",
                lambda reader: reader.execute(
                    """SELECT tag, count(*) FROM (SELECT unnest(tags) AS tag FROM demonstrations)
                    GROUP BY tag ORDER BY count(*) DESC, tag"""
                ).fetchall(),
            )
        )

    def sources(self) -> dict[str, int]:
        """How many rows come from each file (what stands before # in the source), the most frequent first."""
        return dict(
            self._once(
                "sources",
                lambda reader: reader.execute(
                    """SELECT split_part(source, '#', 1) AS file, count(*) FROM demonstrations GROUP BY file
                    ORDER BY count(*) DESC, file"""
                ).fetchall(),
            )
        )

    def split_counts(self) -> dict[str, int]:
        """How many rows lie in each split; every split is named."""
        found = dict(
            self._once(
                "splits",
                lambda reader: reader.execute("SELECT split, count(*) FROM demonstrations GROUP BY split").fetchall(),
            )
        )
        return {split: int(found.get(split, 0)) for split in ("train", "validation", "test")}

    def held_out_counts(self) -> dict[tuple[str, str], int]:
        """Approved held-out rows by split, and by whether their fact trains in other words."""
        with self._read() as reader:
            reader.execute(
                """WITH trained AS (
                    SELECT DISTINCT fact_id FROM demonstrations
                    WHERE split = 'train' AND status = 'approved' AND fact_id IS NOT NULL)
                SELECT split, CASE WHEN trained.fact_id IS NULL THEN 'unseen fact' ELSE 'unseen wording' END AS kind,
                    count(*)
                FROM demonstrations d LEFT JOIN trained ON trained.fact_id = d.fact_id
                WHERE split <> 'train' AND status = 'approved' GROUP BY ALL ORDER BY ALL"""
            )
            return {(split, kind): int(number) for split, kind, number in reader.fetchall()}

    def changed_since(self, moment: datetime) -> int:
        """How many demonstrations that count were added, changed or taken away after a moment: approved now or then."""
        with self._read() as reader:
            reader.execute(
                """SELECT count(DISTINCT id) FROM (
                    SELECT id FROM demonstrations WHERE status = 'approved' AND updated_at > $since
                    UNION ALL SELECT demonstration_id FROM demonstration_versions
                    WHERE status = 'approved' AND replaced_at > $since AND created_at <= $since)""",
                {"since": encoded(moment)},
            )
            return int(scalar(reader))

    def _found(self, order: Order, wanted: Filter) -> np.ndarray:
        """The positions of the rows that a search finds, in this order.

        A search reads every text, so it is made once for its count and all its pages.
        """
        import numpy as np

        chosen = where(wanted)
        name, writes = (order, chosen.sql, *chosen.parameters), self._db.writes
        before, positions = self._searches.pop(name, (-1, None))
        if positions is None or before != writes:
            with self._read() as reader:
                reader.execute(
                    f"SELECT position FROM demonstrations{chosen.sql} ORDER BY {ORDERS[order]}", chosen.parameters
                )
                positions = np.asarray(reader.fetchnumpy()["position"])
        self._searches[name] = (writes, positions)  # the newest stands last
        for oldest in list(self._searches)[:-SEARCHES]:
            self._searches.pop(oldest, None)
        return positions

    def _once(self, name: object, ask: Callable[[DuckDBPyConnection], Counts]) -> Counts:
        """What ``ask`` finds, remembered until the next write to the database."""
        writes = self._db.writes  # read first: what is written while counting makes the count old
        known = self._known.get(name)
        if known is not None and known[0] == writes:
            found: Counts = known[1]
            return found
        with self._read() as reader:
            found = ask(reader)
        if len(self._known) > 100:
            self._known.clear()
        self._known[name] = (writes, found)
        return found

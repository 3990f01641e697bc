"""Metrics: one value of one name at one step of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from duckdb import DuckDBPyConnection

from storage.repository import Repository, Where, insert_many

if TYPE_CHECKING:
    import pandas as pd


class MetricRepository(Repository):
    """Table ``metrics``."""

    def add_many(
        self, run_id: str, step: int, values: Mapping[str, float], cursor: DuckDBPyConnection | None = None
    ) -> None:
        """Adds the values of one step."""
        self.add_steps(run_id, [(step, values)], cursor)

    def add_steps(
        self,
        run_id: str,
        steps: Sequence[tuple[int, Mapping[str, float]]],
        cursor: DuckDBPyConnection | None = None,
    ) -> None:
        """Adds the values of many steps in bulk."""
        records = [
            {"run_id": run_id, "step": step, "name": name, "value": float(value)}
            for step, values in steps
            for name, value in values.items()
        ]
        self._write(lambda own: insert_many(own, "metrics", records), cursor)

    def delete_after(self, run_id: str, step: int, cursor: DuckDBPyConnection | None = None) -> None:
        """Forgets what came after ``step``: a resumed run reports those steps again."""

        def write(own: DuckDBPyConnection) -> None:
            own.execute("DELETE FROM metrics WHERE run_id = ? AND step > ?", [run_id, step])

        self._write(write, cursor)

    def series(
        self, run_id: str, names: Sequence[str] | None = None, max_points: int = 500, whole_ends: int = 0
    ) -> pd.DataFrame:
        """Columns step, name, value, ordered by name and step; at most ``max_points`` of each name.

        Longer series are thinned evenly; the first and the last point are always kept, and with ``whole_ends`` so
        many at both ends, beside ``max_points``.
        """
        where = Where().add("run_id = ?", run_id).add_in("name", names)
        buckets, ends = max(max_points - 1, 1), max(whole_ends - 1, 0)
        with self._read() as reader:
            return reader.execute(
                f"""WITH numbered AS (
                    SELECT step, name, value,
                        row_number() OVER (PARTITION BY name ORDER BY step, rowid) - 1 AS i,
                        count(*) OVER (PARTITION BY name) AS n
                    FROM metrics{where.sql})
                SELECT step, name, value FROM numbered
                WHERE n <= ? OR i <= ? OR i >= n - 1 - ? OR (i * ?) // n <> ((i - 1) * ?) // n
                ORDER BY name, i""",
                [*where.parameters, max_points, ends, ends, buckets, buckets],
            ).df()

    def latest(self, run_id: str) -> dict[str, float]:
        """The newest value of each name."""
        with self._read() as reader:
            reader.execute(
                "SELECT name, arg_max(value, step) FROM metrics WHERE run_id = ? GROUP BY name ORDER BY name",
                [run_id],
            )
            return dict(reader.fetchall())

"""Promotions: which model the team calls its chatbot. The newest row counts; earlier ones stay on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duckdb import DuckDBPyConnection

from storage.repository import Repository, fetch, insert_many, record_of


@dataclass(frozen=True, slots=True)
class Promotion:
    """Who made which model the chatbot, when, and what the votes said then."""

    model_id: str
    promoted_by: str
    evidence: dict[str, Any]
    promoted_at: datetime


Promotions = list[Promotion]


class PromotionRepository(Repository):
    """Table ``promotions``, append-only."""

    def add(self, row: Promotion, cursor: DuckDBPyConnection | None = None) -> None:
        """Adds a promotion."""
        self._write(lambda own: insert_many(own, "promotions", [record_of(row)]), cursor)

    def list(self) -> Promotions:
        """All promotions, the newest first."""
        with self._read() as reader:
            reader.execute(
                """SELECT model_id, promoted_by, evidence, promoted_at FROM promotions
                ORDER BY promoted_at DESC, rowid DESC"""
            )
            return fetch(reader, Promotion)

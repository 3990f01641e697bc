"""What a team decides about voting: its settings, which votes are left out, how disputed pairs are settled.

Nothing is overwritten: the newest row counts, and what was decided before stays on record.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from duckdb import DuckDBPyConnection

from storage.database import Database
from storage.errors import RowConflict, RowNotFound
from storage.repository import Repository, fetch, fetch_records, insert_many, record_of, scalar
from storage.votes import Choice


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A rule that leaves votes out: of one annotator (all where None), faster than some seconds (any where None)."""

    id: str
    annotator_id: str | None
    faster_than: float | None
    note: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the team agreed on for a pair that votes did not settle."""

    pair_id: str
    choice: Choice
    comment: str
    settled_by: str
    settled_at: datetime


Exclusions = list[Exclusion]


class VotingSettingsRepository(Repository):
    """Table ``voting_settings``: a row for each time that the team saved them.

    What holds is remembered: every vote asks several times, and this process is the database's only one.
    """

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self._saves = 0
        self._known: tuple[int, dict[str, Any] | None] | None = None
        """The settings that were read, and after how many saves: what was read before a save is not taken for new."""

    def latest(self) -> dict[str, Any] | None:
        """The settings that hold; None where none were saved. Not to be changed."""
        saves, known = self._saves, self._known
        if known is None or known[0] != saves:
            with self._read() as reader:
                reader.execute("SELECT settings FROM voting_settings ORDER BY saved_at DESC, rowid DESC LIMIT 1")
                rows = fetch_records(reader)
            known = self._known = (saves, rows[0]["settings"] if rows else None)
        return known[1]

    def save(self, settings: dict[str, Any], by: str) -> None:
        """Makes these the settings that hold."""
        record = {"settings": settings, "saved_by": by, "saved_at": datetime.now(UTC)}
        self._write(lambda own: insert_many(own, "voting_settings", [record]), None)
        self._saves += 1


class ExclusionRepository(Repository):
    """Tables ``exclusions`` and ``exclusion_ends``."""

    def add(self, *, annotator_id: str | None, faster_than: float | None, note: str, by: str) -> Exclusion:
        """Adds a rule; it holds at once. Raises RowConflict where the same rule holds already."""
        rule = Exclusion(uuid.uuid4().hex[:12], annotator_id, faster_than, note, by, datetime.now(UTC))

        def write(own: DuckDBPyConnection) -> None:
            if any((r.annotator_id, r.faster_than) == (annotator_id, faster_than) for r in self.active(own)):
                raise RowConflict("These votes are left out already.")
            insert_many(own, "exclusions", [record_of(rule)])

        self._write(write, None)
        return rule

    def end(self, id: str, by: str) -> None:
        """Lets a rule's votes count again. Raises RowNotFound."""

        def write(own: DuckDBPyConnection) -> None:
            if all(rule.id != id for rule in self.active(own)):
                raise RowNotFound("rule", id)
            record = {"exclusion_id": id, "ended_by": by, "ended_at": datetime.now(UTC)}
            insert_many(own, "exclusion_ends", [record])

        self._write(write, None)

    def active(self, cursor: DuckDBPyConnection | None = None) -> Exclusions:
        """The rules that hold, oldest first."""
        with self._read(cursor) as reader:
            reader.execute(
                """SELECT id, annotator_id, faster_than, note, created_by, created_at FROM exclusions
                WHERE id NOT IN (SELECT exclusion_id FROM exclusion_ends) ORDER BY created_at, id"""
            )
            return fetch(reader, Exclusion)

    def excluded_votes(self, simulated: bool) -> int:
        """How many live votes the rules leave out."""
        with self._read() as reader:
            reader.execute(
                """SELECT count(*) FROM live_votes WHERE occasion = 0 AND simulated = ?
                AND id IN (SELECT id FROM excluded_votes)""",
                [simulated],
            )
            return int(scalar(reader))


class SettlementRepository(Repository):
    """Table ``settlements``: the newest row of a pair counts; one without a choice takes the settlement back."""

    def save(self, pair_id: str, choice: Choice | None, comment: str, by: str) -> None:
        """Settles a pair, or opens it again where ``choice`` is None. Raises RowNotFound."""

        def write(own: DuckDBPyConnection) -> None:
            if not scalar(own.execute("SELECT count(*) FROM pairs WHERE id = ?", [pair_id])):
                raise RowNotFound("pair", pair_id)
            record = {"pair_id": pair_id, "choice": choice, "comment": comment, "settled_by": by}
            insert_many(own, "settlements", [{**record, "settled_at": datetime.now(UTC)}])

        self._write(write, None)

    def by_pair(self) -> dict[str, Settlement]:
        """The settlements that hold, by pair."""
        with self._read() as reader:
            reader.execute(
                """SELECT pair_id, newest.choice, newest.comment, newest.settled_by, settled_at FROM (
                    SELECT pair_id, arg_max(struct_pack(choice, comment, settled_by), settled_at) AS newest,
                    max(settled_at) AS settled_at FROM settlements GROUP BY pair_id)
                WHERE newest.choice IS NOT NULL"""
            )
            return {row.pair_id: row for row in fetch(reader, Settlement)}

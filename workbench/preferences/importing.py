"""Importing pairs, and the votes on them, from files."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from storage.annotators import AnnotatorKind
from storage.pairs import Pair
from storage.responses import Response
from storage.votes import Vote
from workbench.demonstrations.columns import RowError
from workbench.demonstrations.import_report import ImportReport, RejectedRow, reject
from workbench.demonstrations.parsing import parse_file
from workbench.demonstrations.splits import SplitBook, normalise_prompt
from workbench.errors import InvalidInput, UnreadableFile
from workbench.preferences.columns import PairFields, choose_pair_columns, pair_fields
from workbench.preferences.stated_votes import StatedVote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from workbench.workspace import Workspace

PairKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class PreferenceFile:
    """A file of pairs that has been read and checked, but not stored."""

    format: str
    fields: list[PairFields]
    rejected: list[RejectedRow] = field(default_factory=list)


def read_preferences(path: Path) -> PreferenceFile:
    """Reads and checks a file of pairs without storing anything.

    A row is a prompt with response_a and response_b and perhaps a choice (a, b, tie, both_bad) or a list of votes with
    their annotators, or with chosen and rejected (text, messages, or transcripts as in Anthropic's HH data).

    Raises:
        UnreadableFile: the file as a whole cannot be read.
    """
    table = parse_file(path)
    try:
        columns = choose_pair_columns(table.columns)
    except UnreadableFile as error:
        raise UnreadableFile(f"{path.name}: {error}.") from None
    file = PreferenceFile(table.format, [])
    for row in table.rows:
        if row.values is None:
            file.rejected.append(reject(row, row.problem or "the row cannot be read"))
            continue
        try:
            file.fields.append(pair_fields(row.values, columns))
        except RowError as problem:
            file.rejected.append(reject(row, str(problem)))
    return file


def store_preferences(ws: Workspace, file: PreferenceFile, *, annotator: str) -> ImportReport:
    """Stores the pairs and votes of a file that has been read, in one transaction.

    A vote is that of the annotator whom the row names, else of ``annotator``. A row whose pair is there and whose
    annotator has voted on it, or that brings no vote, counts as a duplicate.

    Raises:
        InvalidInput: a name belongs to a simulated annotator, or there is none.
    """
    if not annotator.strip():
        raise InvalidInput("Say whose votes these are: the annotator's name is empty.")

    def write(cursor: DuckDBPyConnection) -> int:
        adding = _Adding(ws, cursor, annotator.strip())
        accepted = sum(adding.add(fields) for fields in file.fields)
        adding.save()
        return accepted

    accepted = ws.database.run_write(write)
    rows = len(file.fields) + len(file.rejected)
    return ImportReport(file.format, rows, accepted, len(file.fields) - accepted, file.rejected)


class _Adding:
    """Collects what one import adds, knowing what is there already."""

    def __init__(self, ws: Workspace, cursor: DuckDBPyConnection, annotator: str) -> None:
        self._ws, self._cursor, self._default = ws, cursor, annotator
        self._now = datetime.now(UTC)
        self._pairs = {_key(pair): (pair.id, pair.response_a) for pair in ws.pairs.list()}
        self._voted = {(vote.pair_id, vote.annotator_id) for vote in ws.votes.live(excluded=None, cursor=cursor)}
        demonstrations = ws.demonstrations.list(cursor=cursor)
        known = [(row.prompt, row.split) for row in demonstrations]
        self._book = SplitBook(known)
        self._demonstration_of = {normalise_prompt(row.prompt): row.id for row in reversed(demonstrations)}
        self._annotators: dict[tuple[str, AnnotatorKind], str] = {}
        self._responses: list[Response] = []
        self._new_pairs: list[Pair] = []
        self._votes: list[Vote] = []

    def add(self, fields: PairFields) -> bool:
        """Takes one row; False where it brings nothing new."""
        key = _key(fields)
        is_new = key not in self._pairs
        if is_new:
            pair = self._pair(fields)
            self._pairs[key] = (pair.id, pair.response_a)
        voted = [self._vote(fields, vote, *self._pairs[key]) for vote in fields.votes]
        return any(voted) or is_new

    def save(self) -> None:
        """Writes everything that was collected."""
        self._ws.responses.add_many(self._responses, self._cursor)
        self._ws.pairs.add_many(self._new_pairs, self._cursor)
        self._ws.votes.add_many(self._votes, self._cursor)

    def _vote(self, fields: PairFields, stated: StatedVote, pair_id: str, stored_a: str) -> bool:
        kind: AnnotatorKind = "simulated" if fields.simulated else "person"
        name = stated.annotator or (f"simulated {self._default}" if fields.simulated else self._default)
        if (name, kind) not in self._annotators:
            self._annotators[name, kind] = self._ws.annotators.get_or_create(name, kind, self._cursor).id
        annotator_id = self._annotators[name, kind]
        if (pair_id, annotator_id) in self._voted:
            return False
        self._voted.add((pair_id, annotator_id))
        swapped = _plain(stored_a) != _plain(fields.response_a)
        choice = stated.choice
        if swapped and choice != "tie":
            choice = "b" if choice == "a" else "a"
        self._votes.append(
            Vote(
                id=uuid.uuid4().hex[:12],
                pair_id=pair_id,
                annotator_id=annotator_id,
                choice=choice,
                left="b" if swapped else "a",
                simulated=fields.simulated,
                seconds=None,
                created_at=self._now,
                both_bad=stated.both_bad,
                strength="much" if stated.much and choice != "tie" else None,
                reasons=stated.reasons,
                comment=stated.comment,
            )
        )
        return True

    def _pair(self, fields: PairFields) -> Pair:
        a = self._response(fields.prompt, fields.response_a, fields.model_a)
        b = self._response(fields.prompt, fields.response_b, fields.model_b)
        pair = Pair(
            id=uuid.uuid4().hex[:12],
            run_id=None,
            prompt=fields.prompt,
            demonstration_id=self._demonstration_of.get(normalise_prompt(fields.prompt)),
            split=self._book.split_of(fields.prompt, fields.split),
            response_a_id=a.id,
            response_b_id=b.id,
            response_a=a.text,
            response_b=b.text,
            model_a=a.model_id,
            model_b=b.model_id,
            created_at=self._now,
        )
        self._new_pairs.append(pair)
        return pair

    def _response(self, prompt: str, text: str, model: str) -> Response:
        response = Response(
            id=uuid.uuid4().hex[:12],
            run_id=None,
            model_id=model,
            prompt=prompt,
            text=text,
            seed=None,
            temperature=None,
            created_at=self._now,
        )
        self._responses.append(response)
        return response


def _plain(text: str) -> str:
    return " ".join(text.split())


def _key(pair: Pair | PairFields) -> PairKey:
    """What makes two pairs one: the prompt and both texts, in whichever order."""
    first, second = sorted((_plain(pair.response_a), _plain(pair.response_b)))
    return _plain(pair.prompt), first, second

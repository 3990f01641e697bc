"""Writing what people preferred to a file: decided pairs, and single votes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.demonstrations.export_files import Row, writer_for
from workbench.preferences.decided import chosen_and_rejected, decided_pairs
from workbench.reward_model.config import VoteSource

if TYPE_CHECKING:
    from workbench.workspace import Workspace

PREFERENCE_COLUMNS = (
    "pair_id", "prompt", "chosen", "rejected", "model_chosen", "model_rejected", "split", "votes", "margin",
    "source",
)  # fmt: skip
VOTE_COLUMNS = (
    "vote_id", "pair_id", "prompt", "response_a", "response_b", "model_a", "model_b", "split", "choice",
    "left", "annotator", "simulated", "seconds", "created_at", "both_bad", "strength", "reasons", "comment",
)  # fmt: skip


def export_preferences(ws: Workspace, out: Path) -> int:
    """Writes each pair that has a majority, chosen and rejected; returns their number.

    ``source`` tells the votes of people from simulated ones; a pair that both decided has a row for each.

    Raises:
        InvalidInput: the file's extension is unknown, or it cannot be written.
    """
    write = writer_for(out)
    rows: list[Row] = []
    sources: tuple[VoteSource, ...] = ("people", "simulated")
    for source in sources:
        for pair, votes in decided_pairs(ws, votes=source):
            chosen, rejected = chosen_and_rejected(pair, votes)
            models = (pair.model_a, pair.model_b) if votes.majority == "a" else (pair.model_b, pair.model_a)
            row = (pair.id, pair.prompt, chosen, rejected, *models, pair.split, votes.votes, votes.margin, source)
            rows.append(dict(zip(PREFERENCE_COLUMNS, row, strict=True)))
    return write(rows, PREFERENCE_COLUMNS)


def export_votes(ws: Workspace, out: Path) -> int:
    """Writes every vote that counts with its pair's texts; returns their number.

    Raises:
        InvalidInput: the file's extension is unknown, or it cannot be written.
    """
    write = writer_for(out)
    pairs = {pair.id: pair for pair in ws.pairs.list()}
    names = {annotator.id: annotator.name for annotator in ws.annotators.list()}
    rows: list[Row] = []
    for vote in ws.votes.live():
        row: Row = {"vote_id": vote.id, "annotator": names[vote.annotator_id]}
        for name in VOTE_COLUMNS:
            source = vote if hasattr(vote, name) else pairs[vote.pair_id]
            row.setdefault(name, getattr(source, name, None))
        rows.append(row)
    return write(rows, VOTE_COLUMNS)

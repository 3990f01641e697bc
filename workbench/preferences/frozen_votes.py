"""All votes of one source, pair by pair, frozen for a reward-model run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.reward_model.config import VoteSource
from workbench.reward_model.votes import FILE, VotedPair

if TYPE_CHECKING:
    from storage.votes import Vote
    from workbench.workspace import Workspace


def freeze_votes(ws: Workspace, directory: Path, *, votes: VoteSource) -> list[VotedPair]:
    """Writes each pair with a vote of this source to ``directory/votes.parquet``; returns them as they are read.

    Ordered by their texts, so that the file does not depend on when a row was entered.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    pairs = voted_pairs(ws, votes=votes)
    text, texts = pa.string(), pa.list_(pa.string())
    types = {"tags": texts, "annotators": texts, "choices": texts, "much": pa.list_(pa.bool_())}
    names = tuple(VotedPair.__dataclass_fields__)
    columns = {name: [getattr(pair, name) for pair in pairs] for name in names}
    schema = pa.schema([(name, types.get(name, text)) for name in names])
    pq.write_table(pa.table(columns, schema=schema), directory / FILE)
    return pairs


def voted_pairs(ws: Workspace, *, votes: VoteSource) -> list[VotedPair]:
    """The pairs that have a vote of this source, with every vote that counts, ordered by their texts."""
    settled = {pair_id: row.choice for pair_id, row in ws.settlements.by_pair().items()} if votes == "people" else {}
    names = {annotator.id: annotator.name for annotator in ws.annotators.list()}
    cast: dict[str, list[Vote]] = {}
    for vote in ws.votes.live(simulated=votes == "simulated"):
        cast.setdefault(vote.pair_id, []).append(vote)
    demonstrations = {row.id: row for row in ws.demonstrations.list()}
    found = []
    for pair in ws.pairs.list():
        if pair.id not in cast:
            continue
        own = sorted(cast[pair.id], key=lambda vote: names[vote.annotator_id])
        source = demonstrations.get(pair.demonstration_id or "")
        found.append(
            VotedPair(
                pair_id=pair.id,
                prompt=pair.prompt,
                response_a=pair.response_a,
                response_b=pair.response_b,
                split=pair.split,
                tags=source.tags if source else (),
                reference=source.response if source else None,
                settled=settled.get(pair.id),
                annotators=tuple(names[vote.annotator_id] for vote in own),
                choices=tuple(vote.choice for vote in own),
                much=tuple(vote.strength == "much" for vote in own),
            )
        )
    return sorted(found, key=lambda pair: (pair.prompt, pair.response_a, pair.response_b, pair.pair_id))

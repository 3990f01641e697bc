"""The pairs that still wait for votes, frozen for a run that scores them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.preferences.open_pairs import FILE, OpenPair

if TYPE_CHECKING:
    from workbench.workspace import Workspace


def freeze_open_pairs(ws: Workspace, directory: Path, people_per_pair: int) -> int:
    """Writes the pairs with fewer people's votes than they are to get to ``directory``; returns their number."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    votes: dict[str, int] = {}
    for vote in ws.votes.live(simulated=False):
        votes[vote.pair_id] = votes.get(vote.pair_id, 0) + 1
    pairs = [pair for pair in ws.pairs.list() if votes.get(pair.id, 0) < people_per_pair]
    columns = {name: [getattr(pair, name) for pair in pairs] for name in OpenPair.__dataclass_fields__}
    pq.write_table(pa.table(columns, schema=pa.schema([(name, pa.string()) for name in columns])), directory / FILE)
    return len(pairs)

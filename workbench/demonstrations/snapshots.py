"""Frozen, hashed versions of the data that a run trains on.

A run never reads the database: it reads the Parquet file that is written here into its directory. The
same rows, ids included, always give the same bytes, so the SHA-256 of the file is the identity of the snapshot.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.snapshots import Snapshot
from workbench.demonstrations.splits import HeldOutKind
from workbench.demonstrations.text_rules import MAX_NAME_CHARACTERS
from workbench.errors import InvalidInput, NotReady
from workbench.preferences.decided import chosen_and_rejected, decided_pairs, missing_votes_hint
from workbench.reward_model.config import VoteSource

if TYPE_CHECKING:
    from storage.demonstrations import Demonstration
    from storage.pairs import Pair
    from workbench.preferences.majority import Tally
    from workbench.workspace import Workspace

DEMONSTRATIONS_FILE = "demonstrations.parquet"
PAIRS_FILE = "pairs.parquet"


def freeze_demonstrations(ws: Workspace, directory: Path, *, splits: Collection[str] | None = None) -> Snapshot:
    """Writes the approved demonstrations to ``directory/demonstrations.parquet`` and registers the snapshot.

    Columns: id, prompt, response, split, fact_id, key_facts (list or null), tags (list), held_out ("unseen
    wording", "unseen fact", or null in training), source. Rows are ordered by prompt and response, so that the order in
    training does not depend on when a row was entered.

    Raises:
        NotReady: nothing is approved in these splits.
    """
    rows = [row for row in ws.demonstrations.list(status="approved") if splits is None or row.split in splits]
    if not rows:
        where = "" if splits is None else f" in the split {', '.join(splits)}"
        raise NotReady(f"There is no approved demonstration{where}: write or import some first.")
    rows.sort(key=lambda row: (row.prompt, row.response, row.id))
    path = directory / DEMONSTRATIONS_FILE
    columns = _demonstration_columns(rows)
    _write_parquet(path, columns, kind="demonstrations")
    return _register(ws, "demonstrations", path, len(rows), _counts(columns["split"], columns["held_out"]))


def take_snapshot(ws: Workspace, name: str) -> Snapshot:
    """Freezes the approved demonstrations under a name, to be compared with later ones.

    Raises:
        NotReady: nothing is approved.
        InvalidInput: no name, one that is taken, or nothing has changed since a snapshot that has a name.
    """
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME_CHARACTERS:
        raise InvalidInput(f"A snapshot needs a name of 1 to {MAX_NAME_CHARACTERS} characters.")
    if any(known.name == name for known in ws.snapshots.list()):
        raise InvalidInput(f"There is a snapshot named '{name}' already; choose another name.")
    folder = ws.root / "snapshots"
    folder.mkdir(exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".part-", dir=folder))
    try:
        snapshot = freeze_demonstrations(ws, aside)
        if snapshot.name:
            raise InvalidInput(f"Nothing has changed since the snapshot '{snapshot.name}'.")
        kept = folder / snapshot.id
        kept.mkdir(exist_ok=True)
        (aside / DEMONSTRATIONS_FILE).replace(kept / DEMONSTRATIONS_FILE)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    ws.snapshots.rename(snapshot.id, name, str(kept / DEMONSTRATIONS_FILE))
    return ws.snapshots.get(snapshot.id)


def freeze_pairs(ws: Workspace, directory: Path, *, votes: VoteSource) -> Snapshot:
    """Writes the voted pairs to ``directory/pairs.parquet`` and registers the snapshot.

    Columns: pair_id, prompt, chosen, rejected, split, votes (ties included), margin (0 to 1). The majority
    of the live votes of one source decides; pairs without a majority, and pairs of two equal texts, are left
    out. Rows are ordered by their texts.

    Raises:
        NotReady: no pair has a majority in the votes of this source.
    """
    rows = decided_pairs(ws, votes=votes)
    if not rows:
        raise NotReady(f"No pair has been decided yet: {missing_votes_hint(ws, votes)}")
    columns = _pair_columns(rows)
    path = directory / PAIRS_FILE
    _write_parquet(path, columns, kind="pairs")
    return _register(ws, "pairs", path, len(rows))


def held_out_kinds(rows: Iterable[Demonstration]) -> dict[str, HeldOutKind]:
    """Of each row that is held out, by its id: whether its fact trains in other words, or not at all."""
    rows = list(rows)
    trained = {row.fact_id for row in rows if row.split == "train" and row.fact_id}
    return {
        row.id: "unseen wording" if row.fact_id in trained else "unseen fact" for row in rows if row.split != "train"
    }


def _counts(splits: list[str], kinds: list[str | None]) -> dict[str, int]:
    """Rows by split, and of the held-out ones by what they ask for."""
    counts = Counter(splits)
    counts.update(f"{split}: {kind}" for split, kind in zip(splits, kinds, strict=True) if kind)
    return dict(sorted(counts.items()))


def _demonstration_columns(rows: list[Demonstration]) -> dict[str, list[Any]]:
    kinds = held_out_kinds(rows)
    return {
        "id": [row.id for row in rows],
        "prompt": [row.prompt for row in rows],
        "response": [row.response for row in rows],
        "split": [row.split for row in rows],
        "fact_id": [row.fact_id for row in rows],
        "key_facts": [None if row.key_facts is None else list(row.key_facts) for row in rows],
        "tags": [list(row.tags) for row in rows],
        "held_out": [kinds.get(row.id) for row in rows],
        "source": [row.source for row in rows],
    }


def _pair_columns(rows: list[tuple[Pair, Tally]]) -> dict[str, list[Any]]:
    texts = [chosen_and_rejected(pair, votes) for pair, votes in rows]
    return {
        "pair_id": [pair.id for pair, _ in rows],
        "prompt": [pair.prompt for pair, _ in rows],
        "chosen": [chosen for chosen, _ in texts],
        "rejected": [rejected for _, rejected in texts],
        "split": [pair.split for pair, _ in rows],
        "votes": [votes.votes for _, votes in rows],
        "margin": [votes.margin for _, votes in rows],
    }


def _write_parquet(path: Path, columns: dict[str, list[Any]], *, kind: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, texts = pa.string(), pa.list_(pa.string())
    types = {
        "demonstrations": {"fact_id": text, "key_facts": texts, "tags": texts},
        "pairs": {"votes": pa.int64(), "margin": pa.float64()},
    }[kind]
    # An explicit schema: a column that holds only nulls would otherwise get the null type.
    schema = pa.schema([(name, types.get(name, text)) for name in columns])
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns, schema=schema), path)


def _register(ws: Workspace, kind: str, path: Path, rows: int, counts: dict[str, int] | None = None) -> Snapshot:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    known = ws.snapshots.find(kind, sha256)
    if known is not None:
        return known
    snapshot = Snapshot(
        id=uuid.uuid4().hex[:12],
        kind=kind,
        sha256=sha256,
        rows=rows,
        path=str(path),
        created_at=datetime.now(UTC),
        counts=counts or {},
    )
    ws.snapshots.add(snapshot)
    return snapshot

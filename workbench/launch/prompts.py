"""Which prompts a tuning run uses: all approved ones, those of a snapshot, or a part of either."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any, Protocol

from workbench.demonstrations.snapshots import DEMONSTRATIONS_FILE, freeze_demonstrations
from workbench.errors import NotFound, NotReady
from workbench.workspace import Workspace


class PromptChoice(Protocol):
    """The settings that say which prompts a run uses."""

    @property
    def snapshot(self) -> str | None: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def prompts_limit(self) -> int | None: ...


def freeze_prompts(ws: Workspace, choice: PromptChoice, data: Path) -> None:
    """Freeze the demonstrations whose prompts a run uses; validation and test rows are always all there.

    Raises:
        NotReady: nothing is approved, or the choice leaves no training prompt.
        NotFound: there is no such snapshot, or its file is gone.
    """
    path = data / DEMONSTRATIONS_FILE
    if choice.snapshot:
        shutil.copyfile(_snapshot_file(ws, choice.snapshot), path)
    else:
        freeze_demonstrations(ws, data)
    if choice.tags or choice.prompts_limit is not None:
        _narrow(path, choice)


def _snapshot_file(ws: Workspace, name: str) -> Path:
    known = {row.name: row for row in ws.snapshots.list() if row.name and row.kind == "demonstrations"}
    if name not in known:
        names = ", ".join(known) or "none yet"
        raise NotFound(f"There is no snapshot named '{name}'; this workspace has: {names}.")
    file = Path(known[name].path)
    if not file.is_file():
        raise NotFound(f"The file of the snapshot '{name}' is gone: {file}.")
    return file


def _narrow(path: Path, choice: PromptChoice) -> None:
    """Leave out training rows that were not chosen; which ones a limit takes does not depend on their order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    rows: list[dict[str, Any]] = table.to_pylist()
    wanted = set(choice.tags)
    train = [row for row in rows if row["split"] == "train" and (not wanted or wanted & set(row["tags"] or ()))]
    if not train:
        raise NotReady(f"No approved training prompt has the tags {', '.join(choice.tags)}.")
    if choice.prompts_limit is not None:
        prompts = sorted({row["prompt"] for row in train}, key=lambda text: hashlib.sha256(text.encode()).hexdigest())
        kept = set(prompts[: choice.prompts_limit])
        train = [row for row in train if row["prompt"] in kept]
    chosen = {row["id"] for row in train}
    rest = [row for row in rows if row["split"] != "train" or row["id"] in chosen]
    pq.write_table(pa.Table.from_pylist(rest, schema=table.schema), path)

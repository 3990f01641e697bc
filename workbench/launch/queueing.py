"""Adding a run to the queue: its directory with frozen data and config, then its pending row."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from storage.runs import Run, RunKind
from workbench.models.registry import RegisteredModel
from workbench.runs.run_dir import RunDir
from workbench.workspace import Workspace

Freeze = Callable[[Path], Any]


def launch_run(
    ws: Workspace,
    kind: RunKind,
    config: BaseModel,
    created_by: str,
    models: Collection[RegisteredModel],
    freeze: Freeze,
    extra: dict[str, Any] | None = None,
) -> str:
    """Make the run directory, then add the pending row; on any error nothing is left behind."""
    run_id = ws.runs.next_id(kind)
    run_dir = RunDir(ws.root / "runs" / run_id)
    now = datetime.now(UTC)
    try:
        run_dir.data.mkdir(parents=True, exist_ok=True)
        freeze(run_dir.data)
        run_dir.write_config(
            {
                "run_id": run_id,
                "kind": kind,
                "created_at": now.isoformat(),
                "created_by": created_by,
                "config": config.model_dump(mode="json"),
                "models": {model.id: model.spec.model_dump(mode="json") for model in models},
                "data": {path.name: run_dir.data_sha256(path.name) for path in sorted(run_dir.data.glob("*.parquet"))},
                **(extra or {}),
            }
        )
        ws.runs.add(_pending(run_id, kind, run_dir, config, created_by, now))
    except BaseException:
        with suppress(OSError):
            shutil.rmtree(run_dir.path)
        raise
    return run_id


def _pending(run_id: str, kind: RunKind, run_dir: RunDir, config: BaseModel, created_by: str, now: datetime) -> Run:
    return Run(
        id=run_id,
        kind=kind,
        name=run_id,
        status="pending",
        directory=str(run_dir.path),
        config=config.model_dump(mode="json"),
        pid=None,
        pid_created=None,
        event_offset=0,
        phase="waiting",
        done=0.0,
        total=0.0,
        eta_seconds=None,
        error=None,
        summary={},
        created_by=created_by,
        created_at=now,
        started_at=None,
        finished_at=None,
    )

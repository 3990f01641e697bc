"""Runs beside each other: in which settings and outcomes they differ, and what stands on a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.models.lineage import descendants
from workbench.models.registry import list_models

if TYPE_CHECKING:
    from storage.runs import Run
    from workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Dependents:
    """What stands on a run: models made with its model, and what would go with it."""

    models: tuple[str, ...]
    answers: int
    measures: int

    @property
    def removable(self) -> bool:
        """Whether nothing else needs it."""
        return not self.models


def dependents(ws: Workspace, run_id: str) -> Dependents:
    """What depends on a run. Pairs and votes stay when a run goes, so they are no part of it."""
    made = [model.id for model in list_models(ws) if model.run_id == run_id]
    return Dependents(
        models=tuple(descendants(ws, made)) if made else (),
        answers=len(ws.answers.list(run_id=run_id)),
        measures=len(ws.evaluations.list(run_id=run_id)),
    )


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as one level: ``ppo.kl_coef``."""
    rows: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            rows |= flat(value, f"{prefix}{name}.")
        else:
            rows[f"{prefix}{name}"] = value
    return rows


def differences(runs: Sequence[Run], *, outcome: bool = False) -> dict[str, tuple[Any, ...]]:
    """Settings (or outcomes) in which runs differ, by name; a value that a run lacks is None."""
    tables = [flat(run.summary if outcome else run.config) for run in runs]
    names = dict.fromkeys(name for table in tables for name in table)
    rows = {name: tuple(table.get(name) for table in tables) for name in names}
    return {name: values for name, values in rows.items() if any(value != values[0] for value in values)}

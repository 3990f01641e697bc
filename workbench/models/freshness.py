"""Which models are older than what they were made from, and how long making them anew takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.models.registry import RegisteredModel, newest_model

if TYPE_CHECKING:
    from storage.runs import Run
    from workbench.runs.events import ModelKind
    from workbench.workspace import Workspace

STEPS: tuple[ModelKind, ...] = ("sft", "reward_model", "ppo")


@dataclass(frozen=True, slots=True)
class Stale:
    """Why the newest model of a step is older than what it stands on, as whole sentences."""

    kind: ModelKind
    model_id: str
    reasons: tuple[str, ...]


def stale_models(ws: Workspace) -> list[Stale]:
    """The newest model of each step that lags behind its data or behind the models before it, in order of the steps."""
    newest = {kind: newest_model(ws, kind) for kind in STEPS}
    runs = {run.id: run for run in ws.runs.list()}
    found = []
    for kind, model in newest.items():
        run = runs.get(model.run_id or "") if model else None
        if model is None or run is None:
            continue
        reasons = _data_reasons(ws, kind, run) + _model_reasons(kind, model, run, newest)
        if reasons:
            found.append(Stale(kind, model.id, tuple(reasons)))
    return found


def last_seconds(ws: Workspace) -> dict[str, float]:
    """For each kind of run the seconds that its newest finished run took."""
    took: dict[str, float] = {}
    for run in ws.runs.list():  # newest first
        if run.status == "finished" and run.started_at and run.finished_at:
            took.setdefault(run.kind, (run.finished_at - run.started_at).total_seconds())
    return took


def _data_reasons(ws: Workspace, kind: ModelKind, run: Run) -> list[str]:
    if kind == "sft":
        changed = ws.demonstrations.changed_since(run.created_at)
        return [f"{_counted(changed, 'demonstration')} changed since it was trained."] if changed else []
    if kind == "reward_model":
        simulated = run.config.get("votes") == "simulated"
        new = ws.votes.count_since(run.created_at, simulated=simulated)
        return [f"{_counted(new, 'vote')} came in since it was trained."] if new else []
    return []


def _model_reasons(
    kind: ModelKind, model: RegisteredModel, run: Run, newest: Mapping[ModelKind, RegisteredModel | None]
) -> list[str]:
    reasons = []
    sft = newest["sft"]
    if kind in ("reward_model", "ppo") and sft is not None and _older(model, sft):
        reasons.append(f"It was built on {model.parent_id}; {sft.id} is newer.")
    scorer = newest["reward_model"]
    used: Any = run.config.get("reward_model_id")
    if kind == "ppo" and scorer is not None and used != scorer.id and scorer.created_at > run.created_at:
        reasons.append(f"It was scored by {used}; {scorer.id} is newer.")
    return reasons


def _older(model: RegisteredModel, sft: RegisteredModel) -> bool:
    """Whether a newer SFT model came after this one, which stands on another."""
    return model.parent_id != sft.id and sft.created_at > model.created_at


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else noun + 's'}"

"""Score against distance: the path that a run takes, beside what best-of-n reaches without any training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import NotFound

if TYPE_CHECKING:
    from storage.runs import Run
    from workbench.diagnosis.hacking import Alarm
    from workbench.workspace import Workspace

NAMES = ("eval/kl", "eval/score", "eval/embedding_similarity", "eval/win_rate")


@dataclass(frozen=True, slots=True)
class PathPoint:
    """One evaluation of a run: distance, what the reward model says, and what it stands for."""

    step: int
    kl: float
    score: float
    similarity: float | None


@dataclass(frozen=True, slots=True)
class BestOfN:
    """The best of n answers of the SFT model: kl = log n − (n − 1)/n (Stiennon et al. 2020, appendix G.3)."""

    n: int
    kl: float
    score: float
    score_ci: tuple[float, float] | None
    similarity: float | None
    similarity_ci: tuple[float, float] | None


def path_of(ws: Workspace, run_id: str) -> list[PathPoint]:
    """The run's evaluations in order; the first is the SFT model itself where the run began with it."""
    frame = ws.metrics.series(run_id, NAMES, max_points=300)
    steps: dict[int, dict[str, float]] = {}
    for step, name, value in zip(frame["step"], frame["name"], frame["value"], strict=True):
        steps.setdefault(int(step), {})[str(name)] = float(value)
    return [
        PathPoint(step, values["eval/kl"], values["eval/score"], values.get("eval/embedding_similarity"))
        for step, values in sorted(steps.items())
        if {"eval/kl", "eval/score"} <= values.keys()
    ]


def turning_point(path: list[PathPoint], alarm: Alarm | None) -> PathPoint | None:
    """The evaluation after which the score parted from what it stands for; None while the alarm is silent."""
    return next((point for point in path if alarm is not None and point.step == alarm.before), None)


def best_of_n_curve(ws: Workspace, run: Run) -> list[BestOfN]:
    """What the reward model's run measured for best-of-n, by n; empty where it did not."""
    try:
        rows = ws.runs.get(str(run.config.get("reward_model_id"))).summary.get("best_of_n")
    except NotFound:
        return []
    found = [_best_of_n(row) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return sorted((row for row in found if row is not None), key=lambda row: row.n)


def _best_of_n(row: Mapping[str, Any]) -> BestOfN | None:
    try:
        return BestOfN(
            int(row["n"]),
            float(row["kl"]),
            float(row["score"]),
            _interval(row.get("score_ci")),
            None if row.get("embedding_similarity") is None else float(row["embedding_similarity"]),
            _interval(row.get("embedding_similarity_ci")),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _interval(given: Any) -> tuple[float, float] | None:
    return (float(given[0]), float(given[1])) if isinstance(given, list | tuple) and len(given) == 2 else None

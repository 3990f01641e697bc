"""What rules look at: a run's series, its settings, and what its reward model was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

Series = Sequence[tuple[int, float]]
"""(update, value), in order."""
RECENT = 10
"""Updates that count as now."""
FEWEST = 5
"""Fewer values than this say nothing yet."""


@dataclass(frozen=True, slots=True)
class Readings:
    """One run at one moment."""

    series: Mapping[str, Series]
    """By the names of docs/metrics.md."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of PPOConfig, with what a person has changed since."""
    score_range: tuple[float, float] | None = None
    """The middle 99% of the scores of the reward model's own training responses, where it is known."""

    def values(self, name: str) -> list[float]:
        """All values of a metric, in order; empty where it was never reported."""
        return [value for _, value in self.series.get(name, ())]

    def recent(self, name: str, count: int = RECENT) -> list[float]:
        """The last ``count`` values."""
        return self.values(name)[-count:]

    def now(self, name: str, count: int = RECENT) -> float | None:
        """Mean of the last ``count`` values, None where there are fewer than five."""
        values = self.recent(name, count)
        return fmean(values) if len(values) >= min(FEWEST, count) else None

    def start(self, name: str, count: int = FEWEST) -> float | None:
        """Mean of the first ``count`` values, None before the window of `now` lies behind them."""
        values = self.values(name)
        return fmean(values[:count]) if len(values) >= count + RECENT else None

    def last_step(self, name: str) -> int:
        """The update of the newest value, 0 where there is none."""
        found = self.series.get(name, ())
        return found[-1][0] if found else 0

    def setting(self, name: str, default: float) -> float:
        """A numeric setting."""
        value = self.settings.get(name)
        return default if value is None else float(value)


@dataclass(frozen=True, slots=True)
class Fix:
    """What may help: new values for the run that goes on, or for one that branches off a checkpoint."""

    words: str
    live: Mapping[str, float] = field(default_factory=dict)
    branch: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One illness of one run."""

    rule: str
    severity: str
    """'problem': act now; 'warning': keep an eye on it."""
    sentence: str
    chart: str
    """The metric that shows it."""
    cause: str
    fix: Fix | None = None

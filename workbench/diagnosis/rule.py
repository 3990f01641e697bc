"""What a rule of the doctor is, and the fixes that several of them propose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.diagnosis.readings import Finding, Fix, Readings

Examine = Callable[[Readings], Finding | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with what a reader must know of it."""

    id: str
    title: str
    chart: str
    threshold: str
    source: str
    examine: Examine


RULES: list[Rule] = []
"""All rules, in the order in which they are reported; filled by the modules of rules."""


def rule(title: str, chart: str, threshold: str, source: str) -> Callable[[Examine], Examine]:
    """Enter a function into `RULES` under its own name."""

    def enter(examine: Examine) -> Examine:
        RULES.append(Rule(examine.__name__, title, chart, threshold, source, examine))
        return examine

    return enter


def hold(readings: Readings) -> Fix:
    """Hold the policy nearer to the SFT model."""
    now = readings.recent("objective/kl_coef", 1)
    coefficient = max(2 * (now[0] if now else readings.setting("kl_coef", 0.05)), 0.05)
    return Fix(
        f"Double what distance costs: KL coefficient {coefficient:g}",
        {"kl_coef": coefficient},
        {"kl_coef": coefficient},
    )


def slower(readings: Readings, share: float = 0.5) -> Fix:
    rate = share * readings.setting("learning_rate", 1e-3)
    return Fix(f"Learn more slowly: learning rate {rate:.2g}", {"learning_rate": rate}, {"learning_rate": rate})


def faster(readings: Readings) -> Fix:
    rate = min(3 * readings.setting("learning_rate", 1e-3), 0.1)
    return Fix(f"Learn faster: learning rate {rate:.2g}", {"learning_rate": rate}, {"learning_rate": rate})

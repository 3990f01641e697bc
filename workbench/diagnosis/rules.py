"""The doctor: every rule in order. Each looks at one illness, states its threshold and where that comes from.

A rule is a pure function of `Readings`; it answers with a finding or None. Windows: *now* is the mean of the last 10
updates (at least 5), *at first* the mean of the first 5 once 15 are there.
"""

from __future__ import annotations

from workbench.diagnosis import rules_policy, rules_scores
from workbench.diagnosis.readings import Finding, Readings
from workbench.diagnosis.rule import RULES

HIGH_KL, GROWTH_OF_LENGTH = rules_policy.HIGH_KL, rules_scores.GROWTH_OF_LENGTH

__all__ = ["GROWTH_OF_LENGTH", "HIGH_KL", "RULES", "examine"]


def examine(readings: Readings) -> list[Finding]:
    """Everything that is wrong now, problems before warnings."""
    found = [finding for each in RULES if (finding := each.examine(readings)) is not None]
    return sorted(found, key=lambda finding: finding.severity != "problem")

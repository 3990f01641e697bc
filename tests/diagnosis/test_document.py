"""docs/diagnosis.md says what the rules do."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.diagnosis.hacking import THRESHOLDS
from workbench.diagnosis.rules import RULES

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "diagnosis.md").read_text(encoding="utf-8")


def test_every_rule_stands_there_as_it_is() -> None:
    rows = [line for line in TEXT.splitlines() if re.match(r"\| [A-Z]", line)]
    assert rows == [f"| {r.title} (`{r.id}`) | `{r.chart}` | {r.threshold} | {r.source} |" for r in RULES]


def test_every_sign_of_the_alarm_stands_there() -> None:
    assert all(words in TEXT for words in THRESHOLDS.values())

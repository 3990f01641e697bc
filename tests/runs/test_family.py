"""Branched runs as a tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.runs.family import differences, family


@dataclass
class Branch:
    id: str
    config: dict[str, Any]
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def run(number: int, branch_from: str | None = None, **ppo: Any) -> Any:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    return Branch(f"ppo-{number:03d}", {"branch_from": branch_from, "ppo": {"kl_coef": 0.1, **ppo}}, at)


RUNS = [
    run(1),
    run(2, "ppo-001:20", kl_coef=0.4),
    run(3, "ppo-002"),
    run(4, "ppo-001:10"),
    run(5),
    run(6, "ppo-009:10"),
]
NEWEST = {"ppo-001": 40, "ppo-002": 30}


def test_a_family_is_drawn_from_its_oldest_forebear_whoever_is_asked_for() -> None:
    for member in ("ppo-001", "ppo-002", "ppo-003", "ppo-004"):
        found = family(RUNS, member, NEWEST)
        assert [(row.run.id, row.depth, row.parent_id) for row in found] == [
            ("ppo-001", 0, None),
            ("ppo-002", 1, "ppo-001"),
            ("ppo-003", 2, "ppo-002"),
            ("ppo-004", 1, "ppo-001"),
        ]


def test_updates_add_up_along_the_branch() -> None:
    begins = {row.run.id: (row.branched_at, row.begins_at) for row in family(RUNS, "ppo-001", NEWEST)}
    assert begins == {"ppo-001": (0, 0), "ppo-002": (20, 20), "ppo-003": (30, 50), "ppo-004": (10, 10)}


def test_what_changed_is_named_by_its_setting() -> None:
    changed = {row.run.id: dict(row.changed) for row in family(RUNS, "ppo-001", NEWEST)}
    assert changed["ppo-002"] == {"kl_coef": (0.1, 0.4)}
    assert changed["ppo-004"] == {}
    assert differences({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}, "d": 4}) == {"c": (2, 3), "d": (None, 4)}


def test_loners_orphans_and_circles() -> None:
    assert [row.run.id for row in family(RUNS, "ppo-005", NEWEST)] == ["ppo-005"]
    assert [row.run.id for row in family(RUNS, "ppo-006", NEWEST)] == ["ppo-006"], "its parent was deleted"
    assert family(RUNS, "ppo-077", NEWEST) == []
    circle = [run(1, "ppo-002:5"), run(2, "ppo-001:5")]
    assert len(family(circle, "ppo-001", {})) == 2

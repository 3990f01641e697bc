"""The estimate of the loop's remaining time follows the machine's pace, without jumps."""

from __future__ import annotations

import pytest

from workbench.demo import pipeline
from workbench.demo.pipeline import time_left


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = {"demonstrations": 2.0, "sft": 100.0, "pairs": 50.0, "ppo": 200.0}
    monkeypatch.setattr(pipeline, "USUAL_SECONDS", usual)


def test_at_the_start_it_is_what_the_steps_usually_take() -> None:
    assert time_left("demonstrations", {}, here=0.0, phase_left=0.0) == 352.0


def test_a_machine_at_the_usual_pace_counts_down_by_the_clock() -> None:
    left = [time_left("sft", {"demonstrations": 2.0}, here, 100.0 - here) for here in (10.0, 50.0, 90.0)]
    assert left == [340.0, 300.0, 260.0]


def test_a_slow_step_is_seen_while_it_runs_and_nothing_jumps_when_it_ends() -> None:
    spent = {"demonstrations": 2.0}
    # Twice as slow: 40 s in, 160 s to go. Pace (2 + 200) / 102, later steps usually 250 s.
    during = time_left("sft", spent, here=40.0, phase_left=160.0)
    assert during == pytest.approx(160 + 250 * 202 / 102)
    before_end = time_left("sft", spent, here=200.0, phase_left=0.0)
    after = time_left("pairs", {**spent, "sft": 200.0}, here=0.0, phase_left=0.0)
    assert before_end == pytest.approx(250 * 202 / 102)
    assert after == pytest.approx(before_end, rel=0.01)


def test_a_step_beyond_its_usual_time_still_has_later_steps_to_go() -> None:
    assert time_left("ppo", {"demonstrations": 2.0, "sft": 100.0, "pairs": 50.0}, here=300.0, phase_left=0.0) == 0.0

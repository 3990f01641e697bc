"""Time left is measured from the first sign of progress, so that warming up does not count as pace."""

from __future__ import annotations

import pytest

from workbench.runs import progress
from workbench.runs.events import Progress
from workbench.runs.progress import ProgressReporter


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_a_slow_first_step_does_not_count_as_pace(clock: Clock) -> None:
    said: list[Progress] = []
    reporter = ProgressReporter(said.append, "training")
    clock.now += 60  # warming up
    reporter(1, 11)
    clock.now += 4
    reporter(3, 11)  # two steps in 4 s
    assert [event.eta_seconds for event in said] == [None, 16.0]


def test_a_resumed_phase_counts_what_it_did_itself(clock: Clock) -> None:
    said: list[Progress] = []
    reporter = ProgressReporter(said.append, "training")
    reporter(90, 100)
    clock.now += 10
    reporter(95, 100)
    assert said[-1].eta_seconds == 10.0


def test_at_most_one_report_a_second_and_always_the_last(clock: Clock) -> None:
    said: list[Progress] = []
    reporter = ProgressReporter(said.append, "training")
    for step in range(1, 11):
        clock.now += 0.1
        reporter(step, 10)
    assert [event.done for event in said] == [1, 10]
    assert said[-1].eta_seconds == 0.0

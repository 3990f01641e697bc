"""The speed of the machine: that of its processors, whatever else they do at the moment."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from workbench.models import machine


@pytest.fixture(autouse=True)
def measured_anew() -> Iterator[None]:
    machine.matmul_flops.cache_clear()
    yield
    machine.matmul_flops.cache_clear()


def test_speed_is_that_of_one_thread_in_processor_time_on_each_core(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each product takes 1/256 of a second of processor time.
    ticks = itertools.count()
    monkeypatch.setattr(machine, "time", SimpleNamespace(thread_time=lambda: next(ticks) / 256))
    monkeypatch.setattr(machine, "_cores", lambda: 4)
    assert machine.matmul_flops() == 4 * 2 * 384**3 * 256


def test_the_cores_are_those_that_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda _self: [1, 3, 5], raising=False)
    assert machine._cores() == 3

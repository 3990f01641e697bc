"""It learns: three tasks with a known optimum, five seeds, to within 5% of it and under the KL budget."""

from __future__ import annotations

import pytest

from benchmarks.ppo_learning import KL_BUDGET, SEEDS, TASKS, learn


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_task_is_learned(task: str, seed: int) -> None:
    run = learn(task, seed)
    assert run["before"] < 0.6
    assert run["after"] > 0.95
    assert run["kl"] < KL_BUDGET
    assert run["updates"] == 60

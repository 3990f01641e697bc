"""Which trainings a run is made of, and the order they learn in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.fits import Fit, FitContext, bootstrap, order_of, part_of, plan
from workbench.reward_model.votes import PreferenceRow
from workbench.runs.events import CheckpointSaved, Metric, Progress

ROWS = [PreferenceRow(f"prompt {number // 2}", f"good {number}", f"bad {number}") for number in range(40)]


def test_members_differ_and_the_first_learns_from_everything() -> None:
    fits = plan(RewardModelConfig(model_id="m", members=3), ROWS)
    assert [fit.name for fit in fits] == ["member-1", "member-2", "member-3"]
    assert fits[0].rows == tuple(ROWS)
    assert fits[1].rows != fits[0].rows != fits[2].rows
    assert len({fit.seed for fit in fits}) == 3
    seeds = plan(RewardModelConfig(model_id="m", members=2, members_differ="seeds"), ROWS)
    assert seeds[1].rows == tuple(ROWS)


def test_a_bootstrap_draws_prompts_with_all_their_rows() -> None:
    drawn = bootstrap(ROWS, seed=1)
    counts = Counter(row.prompt for row in drawn)
    assert sum(counts.values()) == len(ROWS)
    assert all(count % 2 == 0 for count in counts.values())
    assert len(counts) < 20
    assert drawn == bootstrap(ROWS, seed=1)


def test_the_curve_learns_from_nested_parts_of_the_prompts() -> None:
    fits = plan(RewardModelConfig(model_id="m", learning_curve=True), ROWS)
    assert [(fit.name, fit.share, len(fit.rows)) for fit in fits] == [
        ("member-1", 1.0, 40), ("curve-25", 0.25, 10), ("curve-50", 0.5, 20), ("curve-75", 0.75, 30),
    ]  # fmt: skip
    assert set(fits[1].rows) < set(fits[2].rows) < set(fits[3].rows)
    assert part_of(list(reversed(ROWS)), 0.5)[::-1] == part_of(ROWS, 0.5), "whatever the order of the rows"


@given(st.lists(st.integers(1, 200), min_size=1, max_size=80), st.sampled_from([0.5, 1.0, 2.0, 2.5]), st.integers(1, 9))
def test_every_pass_has_every_row_once(lengths: list[int], epochs: float, batch_size: int) -> None:
    order = order_of(lengths, epochs, batch_size, seed=3)
    assert len(order) == max(1, round(epochs * len(lengths)))
    for start in range(0, len(order) - len(lengths) + 1, len(lengths)):
        assert sorted(order[start : start + len(lengths)]) == list(range(len(lengths)))
    assert order == order_of(lengths, epochs, batch_size, seed=3)


def test_like_lengths_share_a_batch() -> None:
    lengths = [5, 100] * 64
    order = order_of(lengths, 1, 16, seed=0)
    padded = sum(16 * max(lengths[row] for row in order[at : at + 16]) for at in range(0, 128, 16))
    assert padded == 64 * 5 + 64 * 100, "no padding at all where half of each stretch is short"


class _Outer:
    """A run that only listens."""

    def __init__(self, folder: Path) -> None:
        from workbench.runs.run_dir import RunDir

        self.dir = RunDir(folder)
        self.said: list[Any] = []

    def emit(self, event: Any) -> None:
        self.said.append(event)


def test_steps_are_counted_on_and_only_the_first_member_draws_curves(tmp_path: Path) -> None:
    outer: Any = _Outer(tmp_path)
    second = FitContext(outer, Fit("member-2", tuple(ROWS), 0), before=30, total=60)
    second.emit(Progress(phase="training", done=10, total=30, eta_seconds=40.0))
    assert (outer.said[-1].done, outer.said[-1].total, outer.said[-1].eta_seconds) == (40, 60, 40.0)
    second.emit(Metric(step=5, values={"train/loss": 1.0}))
    assert len(outer.said) == 1
    second.emit(CheckpointSaved(step=12))
    assert outer.said[-1].step == 42
    assert outer.dir.complete_checkpoints().keys() == {42}
    first = FitContext(outer, Fit("member-1", tuple(ROWS), 0), before=0, total=60)
    first.emit(Metric(step=5, values={"train/loss": 1.0}))
    first.emit(Progress(phase="training", done=10, total=30, eta_seconds=40.0))
    assert outer.said[-2].step == 5
    assert outer.said[-1].eta_seconds == 100.0, "20 steps of this fit and 30 of the next at 2 s each"

"""control.json: what a worker does with wishes, and that a resumed run follows the same ones again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import InvalidInput
from workbench.runs.context import RunContext
from workbench.runs.event_log import read_events
from workbench.runs.run_dir import RunDir, read_json
from workbench.runs.steering import Steering, steer

MakeRunDir = Callable[..., RunDir]
CURRENT = {"kl_coef": 0.1, "learning_rate": 1e-3}


@pytest.fixture
def run_dir(make_run_dir: MakeRunDir) -> RunDir:
    return make_run_dir("ppo-001", "ppo")


@pytest.fixture
def context(run_dir: RunDir) -> RunContext:
    return RunContext.for_directory(run_dir.path)


def told(run_dir: RunDir) -> list[tuple[Any, ...]]:
    events = [event for event in read_events(run_dir.events_path)[0] if event.type == "steered"]
    return [(event.step, event.setting, event.before, event.after) for event in events]  # type: ignore[union-attr]


def test_a_wish_is_followed_once_and_told(run_dir: RunDir, context: RunContext) -> None:
    steering = Steering(context)
    assert steering.changes(3, CURRENT) == {}
    steer(run_dir, kl_coef=0.5)
    assert steering.changes(4, CURRENT) == {"kl_coef": 0.5}
    assert steering.changes(5, CURRENT | {"kl_coef": 0.7}) == {}, "an adaptive coefficient goes on from there"
    steer(run_dir, kl_coef=0.2, learning_rate=1e-4)
    assert steering.changes(6, CURRENT) == {"kl_coef": 0.2, "learning_rate": 1e-4}
    assert told(run_dir) == [(4, "kl_coef", 0.1, 0.5), (6, "kl_coef", 0.1, 0.2), (6, "learning_rate", 1e-3, 1e-4)]


def test_a_resumed_run_makes_the_same_changes_at_the_same_updates(run_dir: RunDir, context: RunContext) -> None:
    first = Steering(context)
    steer(run_dir, kl_coef=0.5)
    first.changes(4, CURRENT)
    run_dir.control_path.unlink()  # as resuming does
    again = Steering(context)
    assert [again.changes(step, CURRENT) for step in (2, 3, 4, 5)] == [{}, {}, {"kl_coef": 0.5}, {}]
    assert len(told(run_dir)) == 1, "it is not told twice"


def test_a_new_wish_replaces_what_an_earlier_life_did_later(run_dir: RunDir, context: RunContext) -> None:
    first = Steering(context)
    steer(run_dir, kl_coef=0.5)
    first.changes(8, CURRENT)
    run_dir.control_path.unlink()
    again = Steering(context)
    steer(run_dir, kl_coef=0.3)
    assert again.changes(5, CURRENT) == {"kl_coef": 0.3}
    assert again.changes(8, CURRENT) == {}
    run_dir.control_path.unlink()
    third = Steering(context)
    assert [third.changes(step, CURRENT) for step in (5, 8)] == [{"kl_coef": 0.3}, {}]


def test_a_torn_line_was_never_followed(run_dir: RunDir, context: RunContext) -> None:
    log = run_dir.path / "steering.jsonl"
    log.write_text(json.dumps({"step": 2, "setting": "kl_coef", "value": 0.4}) + '\n{"step": 3, "sett')
    steering = Steering(context)
    assert steering.changes(2, CURRENT) == {"kl_coef": 0.4}
    steer(run_dir, kl_coef=0.9)
    assert steering.changes(3, CURRENT) == {"kl_coef": 0.9}
    assert Steering(context).changes(3, CURRENT) == {"kl_coef": 0.9}


def test_a_checkpoint_is_written_once_for_each_wish(run_dir: RunDir, context: RunContext) -> None:
    steering = Steering(context)
    assert not steering.checkpoint_wanted()
    steer(run_dir, checkpoint=1.0)
    assert [steering.checkpoint_wanted() for _ in range(2)] == [True, False]
    steer(run_dir, checkpoint=2.0)
    assert steering.checkpoint_wanted()


def test_a_pause_keeps_what_was_reached_and_waits(run_dir: RunDir, context: RunContext) -> None:
    steer(run_dir, pause=True)
    saved, passed = threading.Event(), threading.Event()

    def work() -> None:
        Steering(context).wait_while_paused(7, 20, saved.set)
        passed.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert saved.wait(10)
    assert not passed.wait(0.5)
    steer(run_dir, pause=False)
    assert passed.wait(10)
    thread.join()
    assert told(run_dir) == [(7, "pause", 0.0, 1.0), (7, "pause", 1.0, 0.0)]


def test_a_stop_ends_a_pause(run_dir: RunDir, context: RunContext) -> None:
    steer(run_dir, pause=True)
    context.request_stop()
    Steering(context).wait_while_paused(7, 20, lambda: None)


@pytest.mark.parametrize("wrong", [{"kl_coef": -1.0}, {"learning_rate": 0.0}, {"learning_rate": "fast"}])
def test_what_cannot_be_used_is_refused_before_it_is_written(run_dir: RunDir, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        steer(run_dir, pause=True, **wrong)
    assert read_json(run_dir.control_path) == {}


def test_a_file_written_by_hand_and_wrong_is_told_once_and_not_followed(run_dir: RunDir, context: RunContext) -> None:
    Path(run_dir.control_path).write_text('{"kl_coef": "much"}')
    steering = Steering(context)
    assert [steering.changes(step, CURRENT) for step in (1, 2)] == [{}, {}]
    notices = [event for event in read_events(run_dir.events_path)[0] if event.type == "notice"]
    assert len(notices) == 1
    assert "control.json was not followed: kl_coef" in notices[0].message  # type: ignore[union-attr]

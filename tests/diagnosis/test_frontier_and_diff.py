"""The path of a run, its turning point, best-of-n as others write it, and word differences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pages import seeding
from workbench.diagnosis.frontier import PathPoint, best_of_n_curve, path_of, turning_point
from workbench.diagnosis.hacking import Alarm
from workbench.diagnosis.text_diff import word_diff
from workbench.workspace import Workspace


def test_word_differences_by_hand() -> None:
    assert word_diff("You find it here.", "You find it on the roof.") == [
        ("same", "You find it "),
        ("gone", "here."),
        ("new", "on the roof."),
    ]
    assert word_diff("", "Yes.") == [("new", "Yes.")]
    assert word_diff("Same words", "Same words") == [("same", "Same words")]
    assert word_diff("a b", "a b c") == [("same", "a b "), ("new", "c")]


@given(st.text(alphabet="ab \n.", max_size=60), st.text(alphabet="ab \n.", max_size=60))
def test_what_is_not_gone_joins_to_the_new_text(before: str, now: str) -> None:
    parts = word_diff(before, now)
    assert "".join(text for mark, text in parts if mark != "gone") == now


def test_the_path_turns_where_the_alarm_says_so_and_nowhere_else() -> None:
    path = [PathPoint(0, 0.0, 0.0, 0.83), PathPoint(10, 0.5, 0.5, 0.86), PathPoint(20, 2.0, 1.2, 0.70)]
    assert turning_point(path, Alarm("", (), 10, 0.5, 1.2)) == path[1]
    assert turning_point(path, None) is None, "a fall that may be chance is no turn"
    assert turning_point(path[:1], Alarm("", (), 10, 0.5, 1.2)) is None


def test_the_path_is_read_from_the_run(workspace: Workspace) -> None:
    run_id = seeding.run(workspace, "ppo", "running", {"reward_model_id": "reward_model-001"})
    workspace.metrics.add_steps(
        run_id,
        [
            (0, {"eval/kl": 0.0, "eval/score": 0.1, "eval/embedding_similarity": 0.8}),
            (5, {"objective/kl": 0.3}),
            (10, {"eval/kl": 0.4, "eval/score": 0.6}),
        ],
    )
    assert path_of(workspace, run_id) == [PathPoint(0, 0.0, 0.1, 0.8), PathPoint(10, 0.4, 0.6, None)]


def test_best_of_n_is_read_where_it_is_and_what_is_damaged_is_left_out(workspace: Workspace) -> None:
    rows = [
        {"n": 4, "kl": 0.636, "score": 0.7, "score_ci": [0.6, 0.8], "embedding_similarity": 0.84},
        {"n": 2, "kl": 0.193, "score": 0.4, "score_ci": None, "embedding_similarity": None},
        {"n": "many"},
    ]
    reward = seeding.run(workspace, "reward_model", "finished", {}, summary={"best_of_n": rows})
    run = workspace.runs.get(seeding.run(workspace, "ppo", "running", {"reward_model_id": reward}))
    curve = best_of_n_curve(workspace, run)
    assert [row.n for row in curve] == [2, 4]
    assert curve[1].score_ci == (0.6, 0.8)
    assert curve[1].similarity == pytest.approx(0.84)
    other = workspace.runs.get(seeding.run(workspace, "ppo", "running", {"reward_model_id": "some/classifier"}))
    assert best_of_n_curve(workspace, other) == []

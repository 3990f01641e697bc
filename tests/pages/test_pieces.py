"""The pure parts: what comes next, words for numbers, escaping, settings forms, metric words, the port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo
from streamlit.proto.Metric_pb2 import Metric as MetricProto
from streamlit.testing.v1 import AppTest

from pages import launch
from pages.components import ago, counted, duration, escaped, validation_sentence
from pages.components_forms import advanced_names, changed
from pages.components_numbers import refusal
from pages.home_state import TeamState, next_step
from pages.lineage_figure import tree_figure
from pages.metric_words import METRICS, REWARD_MODEL_CHARTS, SFT_CHARTS, in_points, with_interval, written
from pages.ppo_curves import GROUPS
from pages.runs import log_tail
from pages.server import content_security_policy
from pages.step4_reward_model import sentence
from tests.pages import seeding
from tests.pages.conftest import texts, visit
from workbench.models.lineage import Edge, FamilyTree, Node
from workbench.ppo.config import PPOConfig
from workbench.sft.config import SFTConfig
from workbench.workspace import Workspace


def state(**given: object) -> TeamState:
    values: dict[str, object] = {
        "demonstrations": 0,
        "models": {"base": 1},
        "pairs": 0,
        "votes": 0,
        "simulated_votes": 0,
        "live": {},
    }
    return TeamState(**(values | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "button"),
    [
        ({}, "Write the first demonstration"),
        ({"demonstrations": 9}, "Go to SFT"),
        ({"demonstrations": 9, "live": {"sft": "sft-001"}}, "Watch"),
        ({"demonstrations": 9, "models": {"sft": 1}}, "Generate pairs"),
        ({"demonstrations": 9, "models": {"sft": 1}, "pairs": 60}, "Vote"),
        ({"demonstrations": 9, "models": {"sft": 1}, "pairs": 60, "votes": 60}, "Go to the reward model"),
        ({"demonstrations": 9, "models": {"sft": 1}, "pairs": 60, "simulated_votes": 60}, "Go to the reward model"),
        ({"demonstrations": 9, "models": {"sft": 1, "reward_model": 1}, "pairs": 60, "votes": 9}, "Go to PPO"),
        ({"demonstrations": 9, "models": {"sft": 1, "reward_model": 1, "ppo": 1}, "pairs": 9}, "Compare the models"),
    ],
)
def test_next_step(given: dict[str, object], button: str) -> None:
    assert next_step(state(**given)).button == button


def test_an_untouched_workspace_is_empty_and_a_busy_one_is_not() -> None:
    assert state().empty
    assert not state(demonstrations=1).empty
    assert not state(live={"sft": "sft-001"}).empty


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (-3, "0 s"), (42, "42 s"), (150, "2 min"), (3 * 3600 + 120, "3 h 2 min")],
)
def test_duration(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


def test_ago() -> None:
    now = datetime.now(UTC)
    assert ago(now) == "just now"
    assert ago(now - timedelta(minutes=5)) == "5 min ago"
    assert ago(now - timedelta(days=3, hours=1)) == "3 d ago"


def test_counted() -> None:
    assert [counted(1, "vote"), counted(1200, "vote"), counted(2, "reply", "replies")] == [
        "1 vote",
        "1,200 votes",
        "2 replies",
    ]


def test_escaped_leaves_no_markdown() -> None:
    assert escaped("![x](http://e/y) <b> `c` $d$ :red[e]\n# f") == (
        r"\!\[x\]\(http\:\/\/e\/y\) \<b\> \`c\` \$d\$ \:red\[e\] \# f"
    )


def test_only_changed_settings_are_written_down() -> None:
    values = {"epochs": SFTConfig().epochs, "batch_size": 8, "seed": 0}
    assert changed(SFTConfig, values) == {"batch_size": 8}


def test_every_setting_has_a_place_on_the_page() -> None:
    shown = ["kl_coef", "total_episodes"]
    assert set(shown) | set(advanced_names(PPOConfig, shown)) == set(PPOConfig.model_fields)


def test_a_refused_setting_is_a_sentence() -> None:
    with pytest.raises(ValidationError) as caught:
        SFTConfig(epochs=0)
    assert validation_sentence(caught.value) == "epochs: must be greater than 0."


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        (Field(ge=1, le=4096), 0, "Must be at least 1."),
        (Field(ge=1, le=4096), 4097, "Must be at most 4,096."),
        (Field(gt=0, lt=1), 0.0, "Must be above 0."),
        (Field(gt=0, lt=1), 1.0, "Must be below 1."),
        (Field(ge=0.05), 0.01, "Must be at least 0.05."),
        (Field(ge=1, le=4096), 4096, ""),
        (Field(ge=1), None, ""),
        (Field(ge=1), False, ""),
        (Field(), -7, ""),
    ],
)
def test_a_number_out_of_bounds_is_a_sentence(field: FieldInfo, value: object, sentence: str) -> None:
    assert refusal(field, value) == sentence


def test_every_chart_is_explained() -> None:
    charted = {name for charts in (SFT_CHARTS, REWARD_MODEL_CHARTS) for names in charts for name in names}
    charted |= {name for charts in GROUPS.values() for names in charts for name in names}
    assert charted <= set(METRICS)
    assert all(words.meaning.endswith(".") for words in METRICS.values())
    assert written(METRICS["policy/clipfrac"], 0.125) == "12%"
    assert written(METRICS["objective/kl"], None) == "–"
    assert written(METRICS["objective/kl"], float("nan")) == "–"
    # The only ordinary space, where a line may end, stands before the bracket.
    assert with_interval("-0.30", "-0.50", "-0.10").split(" ") == ["-0.30", "(-0.50\u00a0–\u2060\u00a0-0.10)"]


def test_the_reward_models_verdict_admits_luck() -> None:
    lucky = sentence({"accuracy": 0.6, "accuracy_ci": [0.4, 0.8], "held_out_pairs": 20}, "people")
    assert "could still be luck" in lucky
    good = sentence({"accuracy": 0.8, "accuracy_ci": [0.7, 0.9], "held_out_pairs": 90}, "simulated")
    assert "simulated annotators" in good
    assert "enough to go on" in good


def test_the_policy_lets_nothing_in_or_out() -> None:
    rules = dict(rule.split(" ", 1) for rule in content_security_policy().split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "'self' data: blob:"
    assert rules["connect-src"] == "'self'"
    assert "unsafe" not in rules["script-src"]
    assert rules["script-src"].count("sha256-") == 1


def test_a_taken_port_gives_the_next_free_one() -> None:
    with launch._listen(0) as first:
        taken = first.getsockname()[1]
        with launch._listen(taken) as second:
            assert taken < second.getsockname()[1] <= taken + launch.PORTS_TRIED


def test_launch_refuses_a_workspace_in_use_in_one_sentence(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "team", owner="the other one"):
        done = subprocess.run(
            [sys.executable, "-m", "pages.launch", "--workspace", str(tmp_path / "team")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert f"process {os.getpid()}" in done.stderr
    assert "the other one" in done.stderr


def test_listening_sockets_are_local() -> None:
    with launch._listen(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.family == socket.AF_INET


def test_home_names_the_open_workspace_and_says_how_to_come_to_the_others(ws: Workspace, app: AppTest) -> None:
    other = ws.root.parent / "other team"
    Workspace.open(other).close()
    visit(app)
    assert f"Open here: **{ws.root.name}**" in texts(app).replace("\\", "")
    assert "1 other workspace on this machine" in [item.label for item in app.expander]
    assert [item.value for item in app.code] == [f"workbench app --workspace '{other}'"]


def test_a_family_tree_names_the_arrows_of_what_is_looked_at_alone() -> None:
    nodes = tuple(Node(key, kind, key) for key, kind in (("data", "demonstrations"), ("run", "run"), ("a", "model")))
    edges = (Edge("data", "run", "learned from"), Edge("run", "a", "made"), Edge("a", "late", "started from"))
    tree = FamilyTree((*nodes, Node("late", "run", "late")), edges)

    def named(picked: str) -> list[str]:
        titles = {node.title for node in tree.nodes}
        notes = [note.text for note in tree_figure(tree, picked).layout.annotations if note.text]
        assert titles <= set(notes)
        return [text for text in notes if text not in titles]

    assert named("a") == ["learned from", "made", "started from"]
    assert named("late") == ["started from"]


def test_a_progress_bar_in_a_log_is_shown_as_it_ended(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"start\nLoading: 0%\rLoading: 100%\r\ndone\r\n")
    assert log_tail(log) == "start\nLoading: 100%\ndone\n"
    log.write_bytes(b"first line\n" + b"x" * 15_999 + b"\n")
    assert log_tail(log) == ""
    assert log_tail(tmp_path / "none.txt") == ""


def test_a_change_has_a_colour_only_where_chance_does_not_explain_it(ws: Workspace, app: AppTest) -> None:
    seeding.whole_team(ws)  # of 8 held-out answers SFT mends nearly all, PPO one at most
    visit(app, "step2_sft.py")
    (facts,) = (metric for metric in app.metric if metric.label == "Facts right")
    assert (facts.delta, facts.proto.color) == ("+90 points vs base", MetricProto.MetricColor.GREEN)
    assert "May be chance" not in texts(app)
    visit(app, "step5_ppo.py")
    (facts,) = (metric for metric in app.metric if metric.label == "Facts right")
    assert (facts.delta, facts.proto.color) == (r"+5 points vs sft\-001", MetricProto.MetricColor.GRAY)
    assert "May be chance: Facts right." in texts(app)


def test_one_point_is_one_point() -> None:
    assert [in_points(text) for text in ("+1%", "-1%", "1%", "+11%", "+0.1")] == [
        "+1 point", "-1 point", "1 point", "+11 points", "+0.1",
    ]  # fmt: skip

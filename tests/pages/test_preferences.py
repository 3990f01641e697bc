"""Step 3: voting blind, once, with undo; people's and simulated votes apart."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages import preferences_vote
from tests.pages import seeding
from tests.pages.conftest import texts, unbroken, visit
from workbench.workspace import Workspace

PAGE = "step3_preferences.py"


@pytest.fixture
def pair_ids(ws: Workspace) -> list[str]:
    seeding.demonstrations(ws)
    return seeding.pairs(ws, "secret-model-a", "secret-model-b", number=3)


def desk(app: AppTest) -> dict[str, Any]:
    """What the voting desk in the browser was given."""
    (component,) = app.get("bidi_component")
    data: dict[str, Any] = json.loads(component.proto.json)
    return data


def click(app: AppTest, key: str) -> AppTest:
    return unbroken(app.button(key=key).click().run())


def test_the_desk_gets_pairs_ahead_and_not_who_wrote_them(app: AppTest, pair_ids: list[str]) -> None:
    visit(app, PAGE, name="Ada")
    data = desk(app)
    assert {pair["pair"] for pair in data["pairs"]} == set(pair_ids)
    assert (data["done"], data["ahead"], data["last_vote"]) == (0, 3, None)
    assert "secret-model" not in json.dumps(data) + texts(app)
    assert all(pair.keys() == {"key", "pair", "occasion", "prompt", "left", "right"} for pair in data["pairs"])


@pytest.mark.usefixtures("pair_ids")
def test_what_the_desk_sends_is_taken_up_once(ws: Workspace, app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    visit(app, PAGE, name="Ada")
    shown = desk(app)["pairs"][0]
    action = {"id": "ab" * 8, "kind": "vote", "pair": shown["pair"], "occasion": 0, "choice": "left", "seconds": 2.5}
    state: dict[str, Any] = {"desk_Ada": {"outbox": [action, action]}}
    monkeypatch.setattr(preferences_vote.st, "session_state", state)
    preferences_vote._take_outbox("desk_Ada", "Ada")
    state["desk_Ada"]["outbox"] = [action | {"tries": 1}]
    preferences_vote._take_outbox("desk_Ada", "Ada")
    (vote,) = ws.votes.live()
    pair = ws.pairs.get(shown["pair"])
    assert {"a": pair.response_a, "b": pair.response_b}[vote.choice] == shown["left"]
    assert (vote.seconds, vote.simulated) == (2.5, False)
    assert state[preferences_vote.RESULTS] == {"ab" * 8: {"ok": True}}
    # A restarted server has forgotten what it answered, and answers the same.
    del state[preferences_vote.RESULTS]
    preferences_vote._take_outbox("desk_Ada", "Ada")
    assert state[preferences_vote.RESULTS] == {"ab" * 8: {"ok": True}}
    assert ws.votes.count() == 1


def test_a_name_of_a_simulated_annotator_is_refused(ws: Workspace, app: AppTest, pair_ids: list[str]) -> None:
    seeding.votes(ws, pair_ids, ("Robo",), simulated=True)
    visit(app, PAGE, name="Robo")
    assert "simulated annotator" in app.error[0].value
    assert ws.votes.count(simulated=False) == 0


def test_agreement_and_leaderboard_keep_sources_apart(ws: Workspace, app: AppTest, pair_ids: list[str]) -> None:
    seeding.votes(ws, pair_ids, ("Ada", "Ben"))
    seeding.votes(ws, pair_ids, ("Robo",), simulated=True)
    visit(app, PAGE, preferences_part="Agreement and leaderboard")
    assert "6 votes on 3 pairs by 2 annotators" in texts(app)
    app.segmented_control(key="results_source").set_value("simulated")
    unbroken(app.run())
    assert "3 votes on 3 pairs by 1 annotator" in texts(app)


def test_simulated_annotators_vote_apart_from_people(ws: Workspace, app: AppTest, pair_ids: list[str]) -> None:
    seeding.votes(ws, pair_ids, ("Ada",))
    visit(app, PAGE, preferences_part="Simulated annotators")
    click(app, "simulate_votes")
    assert ws.votes.count(simulated=True) > 0
    assert ws.votes.count(simulated=False) == 3
    assert "People's votes 3" in texts(app)


def test_generating_pairs_queues_a_run(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    seeding.sft(ws)
    visit(app, PAGE, name="Ada", preferences_part="Generate pairs")
    app.number_input(key="pairs_limit").set_value(5)
    app.selectbox(key="pairs_other").set_value("base")
    unbroken(app.run())
    click(app, "pairs_start")
    (run,) = ws.runs.list(kind="pairs")
    assert run.status == "pending"
    assert run.created_by == "Ada"
    assert (run.config["model_id"], run.config["other_model_id"], run.config["limit"]) == ("sft-001", "base", 5)

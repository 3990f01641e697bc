"""Step 3: voting blind, once, with undo; people's and simulated votes apart."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages import preferences_vote
from tests.pages import seeding
from tests.pages.conftest import texts, unbroken, visit
from workbench.preferences.voting import record_vote
from workbench.preferences.voting_settings import voting_settings
from workbench.workspace import Workspace

PAGE = "step3_preferences.py"


@pytest.fixture
def pair_ids(ws: Workspace) -> list[str]:
    seeding.demonstrations(ws)
    return seeding.pairs(ws, "secret-model-a", "secret-model-b", number=3)


def desk(app: AppTest) -> dict[str, Any]:
    """What the voting desk in the browser was given."""
    (component,) = (part for part in app.get("bidi_component") if part.proto.component_name.endswith(".voting"))
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
    click(app, "name_another")
    assert not app.error
    assert "What is your name?" in texts(app)


def test_agreement_and_leaderboard_keep_sources_apart(ws: Workspace, app: AppTest, pair_ids: list[str]) -> None:
    seeding.votes(ws, pair_ids, ("Ada", "Ben"))
    seeding.votes(ws, pair_ids, ("Robo",), simulated=True)
    visit(app, PAGE, preferences_part="Agreement")
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


def test_pairs_for_chosen_tags_and_prompts(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    visit(app, PAGE, name="Ada", preferences_part="Generate pairs")
    app.multiselect(key="pairs_tags").set_value(["legal"])
    app.multiselect(key="pairs_splits").set_value(["test"])
    app.number_input(key="pairs_other_temperature").set_value(0.5)
    unbroken(app.run())
    click(app, "pairs_start")
    (run,) = ws.runs.list(kind="pairs")
    assert (run.config["tags"], run.config["splits"], run.config["prompts"]) == (["legal"], ["test"], [])
    assert run.config["other_temperature"] == 0.5


def test_leaving_an_annotator_out_and_taking_them_in_again(ws: Workspace, app: AppTest, pair_ids: list[str]) -> None:
    seeding.votes(ws, pair_ids, ("Ada", "Ben"))
    visit(app, PAGE, name="Ada", preferences_part="Annotators")
    assert "Nothing stands out about 2 annotators" in texts(app)
    click(app, "leave_out_Ben")
    assert "Left out" in texts(app)
    assert "Votes of Ben" in texts(app)
    assert ws.votes.count() == 3
    (rule,) = ws.exclusions.active()
    click(app, f"rule_end_{rule.id}")
    assert ws.votes.count() == 6
    click(app, "rule_add")
    assert "Say whose votes" in app.error[0].value


def test_settling_a_dispute(ws: Workspace, app: AppTest, pair_ids: list[str]) -> None:
    for name, choice in (("Ada", "left"), ("Ben", "right")):
        side = ws.pairs.side(pair_ids[0], ws.annotators.get_or_create(name, "person").id)
        meant = choice if side == "a" else {"left": "right", "right": "left"}[choice]
        record_vote(ws, pair_id=pair_ids[0], annotator_name=name, choice=meant)  # type: ignore[arg-type]
    visit(app, PAGE, name="Ada", preferences_part="Agreement")
    assert "1 pair to discuss, 0 settled" in texts(app)
    click(app, f"settle_{pair_ids[0]}")
    assert "Choose what you settle on" in app.error[0].value
    app.segmented_control(key=f"settle_choice_{pair_ids[0]}").set_value("b")
    app.text_input(key=f"settle_comment_{pair_ids[0]}").set_value("Names the floor.")
    click(app, f"settle_{pair_ids[0]}")
    assert "0 pairs to discuss, 1 settled" in texts(app)
    assert ws.settlements.by_pair()[pair_ids[0]].settled_by == "Ada"
    click(app, f"reopen_{pair_ids[0]}")
    assert ws.settlements.by_pair() == {}


def test_the_team_sets_how_it_votes(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada", preferences_part="How we vote")
    app.number_input(key="set_people").set_value(0)
    click(app, "set_save")
    assert "Must be at least 1." in texts(app)
    assert "people_per_pair" in app.error[0].value.replace("\\", "")
    app.number_input(key="set_people").set_value(3)
    app.text_area(key="set_guidelines").set_value("Right facts first.")
    app.text_input(key="set_reasons").set_value("a, b, c, d, e, f, g, h")
    click(app, "set_save")
    assert "at most 7 reasons" in app.error[0].value
    app.text_input(key="set_reasons").set_value("right, kind")
    click(app, "set_save")
    saved = voting_settings(ws)
    assert (saved.people_per_pair, saved.reasons, saved.guidelines) == (3, ("right", "kind"), "Right facts first.")


def test_the_leaderboard_with_and_without_length(ws: Workspace, app: AppTest, pair_ids: list[str]) -> None:
    seeding.votes(ws, pair_ids, ("Ada", "Ben"))
    visit(app, PAGE, name="Ada", preferences_part="Leaderboard")
    assert "secret\\-model\\-a" in texts(app)
    app.toggle(key="leaderboard_length").set_value(True)
    unbroken(app.run())
    assert "Length alone" in texts(app)


def test_more_votes_are_advised_from_reward_models(ws: Workspace, app: AppTest, pair_ids: list[str]) -> None:
    seeding.votes(ws, pair_ids, ("Ada", "Ben"))
    for pairs, accuracy in ((50, 0.62), (100, 0.68), (200, 0.74)):
        summary = {"accuracy": accuracy, "train_pairs": pairs, "held_out_pairs": 2000}
        seeding.run(ws, "reward_model", "finished", {"votes": "people"}, summary=summary)
    visit(app, PAGE, preferences_part="Agreement")
    assert "Go on voting" in texts(app)

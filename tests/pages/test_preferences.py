"""Step 3: voting blind, once, with undo; people's and simulated votes apart."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages import seeding
from tests.pages.conftest import texts, unbroken, visit
from workbench.workspace import Workspace

PAGE = "step3_preferences.py"


@pytest.fixture
def pair_ids(ws: Workspace) -> list[str]:
    seeding.demonstrations(ws)
    return seeding.pairs(ws, "secret-model-a", "secret-model-b", number=3)


def shown_pair(app: AppTest) -> str:
    keys = [str(button.key) for button in app.button if str(button.key).startswith("vote_left_")]
    assert len(keys) == 1
    return keys[0].removeprefix("vote_left_")


def click(app: AppTest, key: str) -> AppTest:
    return unbroken(app.button(key=key).click().run())


@pytest.mark.usefixtures("pair_ids")
def test_a_vote_is_stored_once_as_what_the_side_meant(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada")
    pair_id = shown_pair(app)
    left = app.text[1].value
    click(app, f"vote_left_{pair_id}")
    (vote,) = ws.votes.live()
    pair = ws.pairs.get(pair_id)
    assert {"a": pair.response_a, "b": pair.response_b}[vote.choice] == left
    assert vote.simulated is False
    assert vote.seconds is not None
    assert shown_pair(app) != pair_id


@pytest.mark.usefixtures("pair_ids")
def test_voting_is_blind(app: AppTest) -> None:
    visit(app, PAGE, name="Ada")
    assert "secret-model" not in texts(app)


@pytest.mark.usefixtures("pair_ids")
def test_undo_brings_the_pair_back(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada")
    pair_id = shown_pair(app)
    click(app, f"vote_tie_{pair_id}")
    click(app, "vote_undo")
    assert ws.votes.live() == []
    assert shown_pair(app) == pair_id


def test_skipped_pairs_come_back_only_when_asked_for(app: AppTest, pair_ids: list[str]) -> None:
    visit(app, PAGE, name="Ada")
    seen = set()
    for _ in pair_ids:
        seen.add(shown_pair(app))
        click(app, f"vote_skip_{shown_pair(app)}")
    assert seen == set(pair_ids)
    click(app, "vote_unskip")
    assert shown_pair(app) in seen


def test_all_done_leads_on(app: AppTest, pair_ids: list[str]) -> None:
    visit(app, PAGE, name="Ada")
    for _ in pair_ids:
        click(app, f"vote_right_{shown_pair(app)}")
    assert "You have voted on every pair" in texts(app)
    assert "Go to the reward model" in texts(app)


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

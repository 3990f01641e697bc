"""Comparing and chatting, as a person would see it; the models are a stub that answers at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages import chat, services
from pages.components import counted
from tests.chatbot.conftest import StubGenerator
from tests.pages import seeding
from tests.pages.conftest import texts, unbroken, visit
from workbench.chatbot import comparisons
from workbench.chatbot.nearness import Near
from workbench.models.uses import people, traces_of
from workbench.workspace import Workspace

NEAR = Near("d00", "Where is the HR department in Boston?", "Third floor, Harbor building.", 0.9)


class Generator(StubGenerator):
    """The stub, whatever the reward model's folder."""

    def score(self, *asked: Any, **_: Any) -> list[float]:
        return [float(place) for place, _ in enumerate(asked[2])]

    def close(self) -> None:
        """There is no process."""


@pytest.fixture
def stub(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> Generator:
    seeding.whole_team(ws)
    made = Generator()
    monkeypatch.setattr(services, "Generator", lambda _: made)
    monkeypatch.setattr(comparisons, "near_demonstrations", lambda *_: [])
    monkeypatch.setattr(chat, "near_demonstrations", lambda *_: [NEAR])
    return made


def shown(app: AppTest) -> str:
    return texts(app).replace("\\", "")


@pytest.fixture
def team(ws: Workspace, stub: Generator) -> Workspace:
    """A workspace where all four steps are done, whose models are the stub."""
    assert stub.asked == []
    return ws


def test_models_are_asked_scored_and_kept_with_the_weights_that_answered(
    ws: Workspace, app: AppTest, stub: Generator
) -> None:
    visit(app, "compare.py", name="Ada")
    app.button(key="compare_ask").click()
    unbroken(app.run())
    said = shown(app)
    assert "0.0: How do I get to the HR department in Boston?" in said
    assert "Score 2.00** · highest" in said
    (kept,) = ws.comparisons.list(person="Ada")
    assert [answer["model"] for answer in kept.answers["answers"]] == ["base", "sft-001", "ppo-001"]
    assert kept.id in app.query_params["comparison"]
    assert len(stub.asked) == 3


def test_a_judged_checkpoint_is_not_offered_before_what_the_run_came_to(team: Workspace, app: AppTest) -> None:
    model = team.models.find("ppo-001")
    assert model is not None
    team.models.add(replace(model, id="ppo-001-update-20", run_id="verdict-001", created_at=datetime.now(UTC)))
    visit(app, "compare.py")
    assert app.multiselect(key="compare_models").value == ["base", "sft-001", "ppo-001"]


def test_a_blind_choice_is_a_vote_and_only_then_the_names_are_shown(team: Workspace, app: AppTest) -> None:
    visit(app, "compare.py", name="Ada")
    app.multiselect(key="compare_models").set_value(["sft-001", "ppo-001"])
    app.toggle(key="compare_blind").set_value(True)
    app.run()
    before = team.votes.count(simulated=False)
    app.button(key="compare_ask").click()
    unbroken(app.run())
    assert "Answer A" in shown(app)
    assert "Score" not in shown(app)
    app.button(key="compare_vote_1").click()
    unbroken(app.run())
    assert "Saved as 1 vote by Ada." in shown(app)
    assert shown(app).count("Chosen blind") == 1
    assert "The choice counts as a vote" in shown(app)
    assert team.votes.count(simulated=False) == before + 1
    assert "compare_vote_1" not in [button.key for button in app.button]


def test_equal_answers_are_not_offered_for_a_choice_that_would_be_refused(team: Workspace, app: AppTest) -> None:
    sft = team.models.find("sft-001")
    assert sft is not None
    team.models.add(replace(sft, id="sft-twin"))
    visit(app, "compare.py", name="Ada")
    app.multiselect(key="compare_models").set_value(["sft-001", "sft-twin"])
    app.toggle(key="compare_blind").set_value(True)
    app.run()
    app.button(key="compare_ask").click()
    unbroken(app.run())
    assert "The answers are the same, word for word" in shown(app)
    assert not [button.key for button in app.button if str(button.key).startswith(("compare_vote_", "compare_tie"))]
    app.button(key="compare_reveal").click()
    unbroken(app.run())
    assert "Score 0.00** · highest" not in shown(app)
    assert "Score 1.00** · highest" in shown(app)


def test_equal_scores_are_not_each_called_the_highest(
    team: Workspace, app: AppTest, stub: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stub, "score", lambda *_, **__: [0.251, 0.249, -1.0])  # the first two are both written 0.25
    visit(app, "compare.py", name="Ada")
    app.button(key="compare_ask").click()
    assert shown(unbroken(app.run())).count("Score 0.25** · highest, shared") == 2
    assert team.comparisons.list()


def test_numbers_out_of_bounds_are_said_below_their_fields_and_nothing_is_asked(
    team: Workspace, app: AppTest, stub: Generator
) -> None:
    visit(app, "compare.py", name="Ada")
    app.number_input(key="compare_tokens").set_value(5000)
    app.number_input(key="compare_top_p").set_value(0.0)
    unbroken(app.run())
    assert "Must be at most 4,096." in shown(app)
    assert "Must be above 0." in shown(app)
    app.button(key="compare_ask").click()
    assert "top_p: must be greater than 0" in shown(unbroken(app.run()))
    app.switch_page("chat.py")
    app.run()
    app.number_input(key="chat_tokens").set_value(0)
    assert "Must be at least 1." in shown(unbroken(app.run()))
    app.chat_input(key="chat_prompt").set_value("Where is the HR department in Boston?")
    assert "max_new_tokens: must be greater than or equal to 1" in shown(unbroken(app.run()))
    assert stub.asked == []
    assert team.comparisons.list() == []


def test_a_link_opens_the_same_comparison_and_a_spoilt_one_is_explained(team: Workspace, app: AppTest) -> None:
    visit(app, "compare.py", name="Ada")
    app.button(key="compare_ask").click()
    app.run()
    (kept,) = team.comparisons.list()
    other = AppTest.from_file(str(app._script_path), default_timeout=90)
    other.run()
    other.query_params["comparison"] = kept.id
    other.switch_page("compare.py")
    assert "0.0: How do I get" in shown(unbroken(other.run()))
    other.query_params["comparison"] = "nowhere"
    assert "There is no comparison 'nowhere'" in shown(unbroken(other.run()))


def test_too_few_models_for_a_blind_vote_are_refused_in_place(team: Workspace, app: AppTest) -> None:
    assert team.models.list()
    visit(app, "compare.py", name="Ada")
    app.multiselect(key="compare_models").set_value(["sft-001"])
    app.toggle(key="compare_blind").set_value(True)
    app.run()
    app.button(key="compare_ask").click()
    assert "needs at least two models" in shown(unbroken(app.run()))


def test_presenting_shows_the_prepared_prompts_one_after_the_other(team: Workspace, app: AppTest) -> None:
    visit(app, "compare.py", name="Ada")
    app.button(key="compare_present").click()
    unbroken(app.run())
    assert "1 of 5" in shown(app)
    app.button(key="present_next").click()
    unbroken(app.run())
    assert "2 of 5" in shown(app)
    assert len(team.comparisons.list()) == 1


def test_presenting_keeps_what_was_chosen_after_the_link_was_opened(team: Workspace, app: AppTest) -> None:
    app.run()
    app.query_params["q"], app.query_params["m"] = "Where is HR?", "base,sft-001"
    app.switch_page("compare.py")
    unbroken(app.run())
    app.multiselect(key="compare_models").set_value(["sft-001", "ppo-001"])
    app.toggle(key="compare_blind").set_value(True)
    app.run()
    app.button(key="compare_present").click()
    unbroken(app.run())
    app.button(key="present_next").click()
    unbroken(app.run())
    (kept,) = team.comparisons.list()
    assert kept.blind
    assert {answer["model"] for answer in kept.answers["answers"]} == {"sft-001", "ppo-001"}
    for _ in ("after a question", "at once"):
        app.button(key="present_leave").click()
        unbroken(app.run())
        assert app.multiselect(key="compare_models").value == ["sft-001", "ppo-001"]
        assert app.text_area(key="compare_prompt").value == "Where is HR?"
        app.button(key="compare_present").click()
        unbroken(app.run())


def test_a_chat_of_two_turns_a_correction_and_a_thumb(team: Workspace, app: AppTest) -> None:
    visit(app, "chat.py", name="Ada")
    app.chat_input(key="chat_prompt").set_value("Where is the HR department in Boston?")
    unbroken(app.run())
    assert "2.0: Where is the HR department in Boston?" in shown(app)
    (turn,) = team.chats.first_turns("Ada", 5)
    app.button(key=f"correct_{turn.id}").click().run()
    app.text_area(key=f"answer_{turn.id}").set_value("On the fourth floor.")
    app.button(key=f"save_{turn.id}").click()
    unbroken(app.run())
    drafts = team.demonstrations.list(status="draft")
    assert [(draft.response, draft.author) for draft in drafts] == [("On the fourth floor.", "Ada")]

    before = team.votes.count(simulated=False)
    app.button(key=f"thumb_up_{turn.id}").click().run()
    assert "counts as a vote between these two answers" in shown(app)
    app.button(key=f"choice_left_{turn.id}").click()
    unbroken(app.run())
    assert team.votes.count(simulated=False) == before + 1


def test_a_question_that_nothing_is_near_is_not_answered_unless_one_insists(
    app: AppTest, stub: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "near_demonstrations", lambda *_: [Near("d", "Where is HR?", "Here.", 0.2)])
    visit(app, "chat.py", name="Ada")
    app.chat_input(key="chat_prompt").set_value("What is the capital of France?")
    unbroken(app.run())
    assert "an answer would be invented" in shown(app) or any("invented" in str(info.value) for info in app.info)
    assert stub.asked == []
    next(button for button in app.button if str(button.key).startswith("anyway_")).click()
    unbroken(app.run())
    assert "2.0: What is the capital of France?" in shown(app)


def test_a_vote_leads_to_what_it_went_into_by_words_of_its_prompt(team: Workspace, app: AppTest) -> None:
    visit(app, "lineage.py", lineage_part="What something went into", lineage_from="A vote")
    (choice,) = [box for box in app.selectbox if box.key == "lineage_which_vote"]
    assert len(choice.options) == min(50, len(team.votes.live(excluded=None, occasion=None)))
    app.text_input(key="lineage_vote").set_value("words that no prompt has")
    assert "No vote is on a prompt with these words." in shown(unbroken(app.run()))


def test_a_deletion_says_whose_and_ticks_nothing_for_the_next_person(team: Workspace, app: AppTest) -> None:
    first, second = people(team)[:2]
    visit(app, "lineage.py", name="Boss", lineage_part="A person's traces", lineage_person=first)
    app.checkbox(key=f"lineage_delete_votes_{first}").check()
    app.run()
    number = len(traces_of(team, first).votes)
    app.button(key="lineage_delete").click()
    unbroken(app.run())
    assert f"Deleted {counted(number, 'vote')} by {first}." in shown(app)
    app.selectbox(key="lineage_person").set_value(second)
    unbroken(app.run())
    assert not any(box.value for box in app.checkbox if str(box.key).startswith("lineage_delete"))

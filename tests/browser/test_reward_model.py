"""From votes to a verdict in a real browser, with a real worker: vote, train, read the card, score a response."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from storage.votes import Vote
from tests.browser.conftest import Server, Watched
from tests.browser.test_voting import all_saved, press, sit_down
from tests.pages import seeding
from tests.reward_model.making import tiny_classifier
from workbench.workspace import Workspace

MINUTES = 60_000


def train_and_read_the_card(page: Page, classifier: Path) -> None:
    page.get_by_role("combobox", name="What learns").click()
    page.get_by_role("option", name="classifier").click()
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_role("textbox", name="Classifier").fill(str(classifier))
    page.get_by_role("textbox", name="Classifier").press("Tab")
    page.get_by_role("button", name="Train the reward model").click()
    expect(page.get_by_text("What to do now")).to_be_visible(timeout=5 * MINUTES)
    expect(page.get_by_text("Why", exact=True)).to_be_visible()
    expect(page.get_by_text("Chooses as they did")).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    page.get_by_role("tab", name="Biases").click()
    expect(page.get_by_text("Human answers, each changed in one respect.")).to_be_visible()


def score_a_response(page: Page) -> None:
    page.get_by_role("tab", name="Try it").click()
    page.get_by_role("textbox", name="Prompt").fill("Where is the print room?")
    page.get_by_role("textbox", name="Responses, one per line").fill(
        "Hello! Have a good day.\n<b>You find it here.</b>"
    )
    page.get_by_role("button", name="Score", exact=True).click()
    expect(page.get_by_text("Green words raise the score")).to_be_visible(timeout=3 * MINUTES)
    assert page.locator("b", has_text="You find it here.").count() == 0, "a response is text, never HTML"


@pytest.mark.slow
def test_from_votes_to_a_verdict(server: Server, tab: Watched) -> None:
    words = ("Hello", "!", "Have", "a", "good", "day", ".", "You", "find", "here", "Ask", "at", "the", "desk")
    classifier = tiny_classifier(server.workspace.parent / "brought", words)
    with Workspace.open(server.workspace) as ws:
        seeding.demonstrations(ws)
        pair_ids = seeding.pairs(ws, "base", "base", number=32)
        ben = ws.annotators.get_or_create("Ben", "person")
        votes = [Vote(f"ben-{pair}", pair, ben.id, "b", "a", False, 6.0, seeding.NOW) for pair in pair_ids]
        ws.votes.add_many(votes)  # Ben likes courtesy
    server.worker = shlex.join([sys.executable, "-m", "workbench.runs.worker"])
    server.start()
    page = tab.page

    tab.open(server, "preferences")
    sit_down(page, "Ada")
    press(page, "ArrowRight", "ArrowLeft", "ArrowRight")
    all_saved(page)

    tab.open(server, "reward-model")
    train_and_read_the_card(page, classifier)
    score_a_response(page)
    assert tab.outside == []
    assert tab.complaints == []

"""Step 1 in a real browser: how it fits a screen, and what is done by keyboard or with the mouse alone."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Server
from workbench.demonstrations.editing import add_demonstration
from workbench.workspace import Workspace

CUT_OFF = """() => [...document.querySelectorAll('[data-testid=stMetric] *')]
    .filter(part => part.clientWidth && part.scrollWidth > part.clientWidth + 1).map(part => part.innerText)"""
"""Words and numbers of the metrics that do not fit their place."""


def test_the_numbers_stand_in_one_row_with_drafts_and_without(server: Server, chromium: Browser) -> None:
    with Workspace.open(server.workspace) as ws:
        add_demonstration(ws, prompt="Where is the gym?", response="In the basement.", author="kim")
    server.start()
    one_row(server, chromium, ["All", "Train", "Validation", "Test"])
    server.stop()
    with Workspace.open(server.workspace) as ws:
        add_demonstration(ws, prompt="Who pays?", response="The company.", author="kim", status="draft")
    server.start()
    one_row(server, chromium, ["All", "Train", "Validation", "Test", "Drafts"])
    server.stop()


def one_row(server: Server, chromium: Browser, names: list[str]) -> None:
    """These numbers, beside one another on a desk, a small laptop and a phone; the tabs follow in the upper half."""
    for width, height in ((1440, 900), (1024, 768), (390, 844)):
        page = chromium.new_page(viewport={"width": width, "height": height})
        page.goto(f"{server.url}/demonstrations")
        expect(page.get_by_role("tab", name="Write")).to_be_visible()
        cards = page.get_by_test_id("stMetric")
        expect(cards).to_have_count(len(names))
        assert page.get_by_test_id("stMetricLabel").all_inner_texts() == names
        assert len({round(box["y"]) for card in cards.all() if (box := card.bounding_box())}) == 1, width
        assert page.evaluate(CUT_OFF) == []
        place = page.get_by_role("tab", name="Write").bounding_box()
        assert place is not None
        assert place["y"] < height / 2
        page.close()

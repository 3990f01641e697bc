"""docs/guide.md, followed step by step: every word that it prints in bold is on the screen where it says."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PROJECT, Server, Watched
from tests.pages import seeding
from workbench.workspace import Workspace

GUIDE = (PROJECT / "docs" / "guide.md").read_text(encoding="utf-8")
NEEDS_ANSWERS = frozenset({"Correct it", "Good answer", "Bad answer"})
"""Buttons under an answer of a model; the pages' tests press them."""


def sections() -> dict[int, tuple[str, list[str]]]:
    """Number of each step -> (its text, its bold words)."""
    parts = re.split(r"^## (\d+)\. ", GUIDE, flags=re.MULTILINE)[1:]
    return {int(n): (text, re.findall(r"\*\*(.+?)\*\*", text)) for n, text in zip(parts[::2], parts[1::2], strict=True)}


def in_sidebar(page: Page, name: str) -> Locator:
    """The link to a page of the app."""
    return page.get_by_test_id("stSidebarNav").get_by_role("link", name=name)


def visit(page: Page, name: str) -> None:
    """Open a page by its link in the sidebar and wait until it is drawn whole."""
    link = in_sidebar(page, name)
    address = str(link.get_attribute("href"))
    link.click()
    expect(page).to_have_url(re.compile(f"{re.escape(address)}$"))
    drawn(page)


def drawn(page: Page) -> None:
    """Wait until the script of the page has run to its end, so that what is not there will not come."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


def test_the_steps_are_numbered_and_have_their_pictures() -> None:
    assert list(sections()) == list(range(1, 10))
    for picture in re.findall(r"\]\((images/.+?)\)", GUIDE):
        assert (PROJECT / "docs" / picture).is_file(), picture


def test_the_first_step_loads_the_demo_company(server: Server, tab: Watched) -> None:
    server.start()
    tab.open(server)
    for word in sections()[1][1]:
        expect(tab.page.get_by_text(word, exact=True).first).to_be_visible()
    tab.page.get_by_role("button", name="Load the demo company").click()
    expect(tab.page.get_by_text("The demo company is here: 1,264 demonstrations added.")).to_be_visible()


def test_each_further_step_finds_what_it_names(server: Server, tab: Watched) -> None:
    with Workspace.open(server.workspace) as ws:
        seeding.whole_team(ws)
    server.start()
    tab.open(server)
    drawn(tab.page)
    for step in range(2, 10):
        for word in sections()[step][1]:
            if in_sidebar(tab.page, word).count():
                visit(tab.page, word)
            elif tab.page.get_by_role("tab", name=word, exact=True).count():
                tab.page.get_by_role("tab", name=word, exact=True).click()
                drawn(tab.page)
            elif word not in NEEDS_ANSWERS:
                expect(tab.page.get_by_text(word).first).to_be_visible()
    assert tab.complaints == []

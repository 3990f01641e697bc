"""Two people at the same demonstrations, each in a browser of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_journeys import give_name
from workbench.demonstrations.editing import add_demonstration
from workbench.workspace import Workspace


@contextmanager
def person(server: Server, chromium: Browser, name: str) -> Iterator[Page]:
    """The demonstrations as this person has them open."""
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{server.url}/demonstrations")
    page.get_by_role("tab", name="Write").click()
    give_name(page, name)
    page.get_by_role("tab", name="Browse").click()
    expect(page.get_by_label("Search", exact=True)).to_be_visible()
    yield page
    page.context.close()


def edit(page: Page) -> None:
    """Open the editor of the first row."""
    if not page.get_by_role("button", name="Edit", exact=True).is_visible():
        page.get_by_test_id("stDataFrame").click(position={"x": 16, "y": 50})
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.get_by_label("Ideal response")).to_be_visible()


def correct(page: Page, response: str) -> None:
    """Put another response in the open editor and save it."""
    page.get_by_label("Ideal response").fill(response)
    page.get_by_role("button", name="Save", exact=True).click()


def test_nobody_overwrites_unseen_what_another_person_wrote(server: Server, chromium: Browser) -> None:
    with Workspace.open(server.workspace) as ws:
        row = add_demonstration(ws, prompt="Where is the gym?", response="Floor 1.", author="kim")
    server.start()
    with person(server, chromium, "Xenia") as xenia, person(server, chromium, "Yan") as yan:
        edit(xenia)
        edit(yan)
        correct(yan, "Floor 2.")
        expect(yan.get_by_text("Saved. The former version is kept.")).to_be_visible()
        correct(xenia, "Floor 3.")
        expect(xenia.get_by_text("Yan changed the response of 'Where is the gym?' meanwhile")).to_be_visible()
        expect(xenia.get_by_test_id("stText").filter(has_text="Floor 2.").last).to_be_visible()
        expect(xenia.get_by_label("Ideal response")).to_have_value("Floor 3.")
        xenia.get_by_role("button", name="Save", exact=True).click()
        expect(xenia.get_by_text("Saved. The former version is kept.")).to_be_visible()

        xenia.get_by_role("button", name="History").click()
        expect(xenia.get_by_role("button", name="Restore this version")).to_have_count(2)
        edit(yan)
        correct(yan, "Floor 4.")
        expect(yan.get_by_text("Saved. The former version is kept.")).to_be_visible()
        xenia.get_by_role("button", name="Restore this version").last.click()
        expect(xenia.get_by_text("Yan edited it meanwhile, so nothing was restored")).to_be_visible()
        expect(xenia.get_by_role("button", name="Restore this version")).to_have_count(3)
        xenia.get_by_role("button", name="Restore this version").last.click()
        expect(xenia.get_by_text("Restored. What it was in between is kept.")).to_be_visible()
        expect(xenia.get_by_role("button", name="Restore this version")).to_have_count(0)
    server.stop()
    with Workspace.open(server.workspace) as ws:
        texts = [version.response for version in ws.demonstrations.history(row.id)]
        assert (ws.demonstrations.get(row.id).response, texts) == (
            "Floor 1.",
            ["Floor 4.", "Floor 3.", "Floor 2.", "Floor 1."],
        )


def test_a_cell_that_was_typed_stays_in_its_row_while_others_come_to_the_top(server: Server, chromium: Browser) -> None:
    with Workspace.open(server.workspace) as ws:
        for number in range(2):
            add_demonstration(ws, prompt=f"Where is room {number}?", response="x", author="kim")
    server.start()
    with person(server, chromium, "Xenia") as xenia, person(server, chromium, "Yan") as yan:
        xenia.get_by_label("Order").click()
        xenia.get_by_role("option", name="Last changed").click()
        xenia.get_by_text("Edit in a grid").click()
        expect(xenia.get_by_role("button", name="Save", exact=True)).to_be_visible()
        type_response(xenia, "mine")
        expect(xenia.get_by_role("button", name="Save 1 changed row")).to_be_enabled()
        edit(yan)  # the older row is his first, and comes to the top of her order
        correct(yan, "theirs")
        expect(yan.get_by_text("Saved. The former version is kept.")).to_be_visible()
        xenia.get_by_role("button", name="Save 1 changed row").click()
        expect(xenia.get_by_text("Saved. The former version is kept.")).to_be_visible()
    server.stop()
    with Workspace.open(server.workspace) as ws:
        assert [row.response for row in ws.demonstrations.list()] == ["theirs", "mine"]


def type_response(page: Page, text: str) -> None:
    """Type into the response of the grid's first row."""
    page.get_by_test_id("stDataFrame").dblclick(position={"x": 400, "y": 52})
    page.locator("textarea.gdg-input").fill(text)
    page.keyboard.press("Enter")

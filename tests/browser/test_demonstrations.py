"""Step 1 in a real browser: how it fits a screen, and what is done by keyboard or with the mouse alone."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Server, Watched
from tests.browser.test_journeys import give_name
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


def test_three_rows_in_a_row_are_written_by_keyboard_alone(server: Server, tab: Watched) -> None:
    server.start()
    page = tab.page
    tab.open(server, "demonstrations")
    page.get_by_role("tab", name="Write").click()
    give_name(page, "Ada")
    prompt = page.get_by_label("Prompt")
    expect(prompt).to_have_count(1)
    prompt.focus()
    for name in "ABC":
        expect(prompt).to_be_focused()
        expect(prompt).to_have_value("")
        page.keyboard.type(f"Where is {name}?")
        page.keyboard.press("Tab")
        page.keyboard.type(f"In room {name}.")
        page.keyboard.press("Control+Enter")
    expect(prompt).to_be_focused()
    expect(prompt).to_have_value("")
    page.keyboard.type("Where is D?")
    for name in ("Ideal response", "Tags", "Source"):
        page.keyboard.press("Tab")
        expect(page.get_by_label(name)).to_be_focused()
    page.keyboard.press("Tab")  # the button
    page.keyboard.press("Enter")
    expect(page.get_by_text("The response is empty")).to_be_visible()
    expect(page.get_by_label("Ideal response")).to_be_focused()  # the field at fault
    page.keyboard.type("In room D.")
    page.get_by_label("Source").fill("Plan")
    page.get_by_role("tab", name="Browse").click()  # drawn anew, which is no save: the focus is left alone
    expect(page.get_by_label("Search", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Write").click()
    expect(page.get_by_label("Prompt")).to_be_visible()
    page.wait_for_timeout(300)  # a focus that moves would do so in this time
    expect(page.get_by_label("Prompt")).not_to_be_focused()
    assert tab.complaints == []
    server.stop()
    with Workspace.open(server.workspace) as ws:
        rows = {(row.prompt, row.response) for row in ws.demonstrations.list()}
    assert rows == {(f"Where is {name}?", f"In room {name}.") for name in "ABC"}


def test_a_click_on_a_point_of_the_map_opens_its_row(server: Server, tab: Watched) -> None:
    with Workspace.open(server.workspace) as ws:
        add_demonstration(ws, prompt="Where is the gym?", response="In the basement.", author="kim")
        add_demonstration(ws, prompt="Who pays for travel?", response="The company.", author="kim")
    server.start()
    page = tab.page
    tab.open(server, "demonstrations")
    page.get_by_role("tab", name="Review").click()
    page.get_by_role("button", name="Look through").click()
    page.get_by_text("Map", exact=True).click()
    points = page.locator(".js-plotly-plot .point")
    expect(points).to_have_count(2)
    for place in (0, 1):
        box = points.nth(place).bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        hint = page.locator(".js-plotly-plot .hovertext").first
        expect(hint).to_be_visible()
        prompt = hint.text_content()
        answer = {"Where is the gym?": "In the basement.", "Who pays for travel?": "The company."}[str(prompt)]
        page.mouse.down()
        page.mouse.up()
        expect(page.get_by_test_id("stText").filter(has_text=answer)).to_be_visible()
        page.mouse.move(5, 5)
        # Plotly counts two clicks within 300 ms as a double click, wherever they are, and that clears the choice.
        page.wait_for_timeout(400)
    assert tab.complaints == []
    server.stop()

"""Every page in light and dark, wide and narrow: axe finds nothing wrong, and everything is reached by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server
from tests.pages import seeding
from workbench.workspace import Workspace

STEPS = ("", "demonstrations", "sft", "preferences", "reward-model", "ppo")
PAGES = (*STEPS, "chat", "compare", "family-tree", "take-away", "runs")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NOT_OURS = frozenset(
    {
        # Streamlit draws these itself; an application cannot change them.
        "aria-allowed-attr",
        "aria-required-children",
        "list",  # the sidebar's navigation has a div between list and items
        "listitem",
        "nested-interactive",
        "scrollable-region-focusable",
        "svg-img-alt",  # the line in a metric
        "target-size",  # the cross that empties a list of choices
    }
)

IN_BUTTON_COLOUR = (("#0e857a", "#102220"), ("#0e857a", "#101716"))
"""A chosen segment (3.7:1) and a slider's value (4.0:1) in the dark: Streamlit writes them in the colour of
buttons, and the white text on those needs that colour to be dark."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all, on a workspace where every step was done."""
    made = Server(tmp_path_factory.mktemp("accessible") / "team")
    with Workspace.open(made.workspace) as ws:
        seeding.whole_team(ws)
    made.start()
    yield made
    made.kill()


FADED_IN = """() => Promise.all(
    document.getAnimations().filter(a => a instanceof CSSTransition).map(a => a.finished.catch(() => null)))"""
"""What was drawn anew comes out of half transparency: until then its contrast is not its own."""


def ready(page: Page) -> None:
    """Wait until the page is drawn."""
    page.get_by_role("heading", level=1).wait_for(timeout=30_000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=20_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=30_000)
    expect(page.locator("[data-stale=true]")).to_have_count(0, timeout=30_000)
    page.evaluate(FADED_IN)


@contextmanager
def opened(server: Server, chromium: Browser, path: str, scheme: Any) -> Iterator[Page]:
    """A page that is drawn, in light or dark, in a context of its own."""
    context = chromium.new_context(viewport={"width": 1440, "height": 1000}, color_scheme=scheme)
    try:
        page = context.new_page()
        page.goto(f"{server.url}/{path}")
        ready(page)
        yield page
    finally:
        context.close()


def violations(page: Page) -> list[str]:
    """What axe finds, but for what Streamlit alone could change."""
    found: dict[str, Any] = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for violation in found["violations"]
        if violation["id"] not in NOT_OURS
        for node in violation["nodes"]
        if not any(all(colour in node.get("failureSummary", "") for colour in pair) for pair in IN_BUTTON_COLOUR)
    ]


def tabs(page: Page, level: int = 0) -> list[str]:
    """Names of the page's further views; with level 1 those within the view that is open."""
    lists = page.get_by_test_id("stMain").get_by_role("tablist")
    return lists.nth(level).get_by_role("tab").all_inner_texts()[1:] if lists.count() > level else []


WORDS_IN_FIGURES = """() => {
    const linear = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const light = c => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
    const numbers = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const ground = light(numbers(getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor));
    const words = [...document.querySelectorAll('.js-plotly-plot text:not(.bartext)')];
    return words.filter(e => e.textContent.trim()).map(e => {
        const front = light(numbers(getComputedStyle(e).fill));
        return [e.textContent, (Math.max(front, ground) + 0.05) / (Math.min(front, ground) + 0.05)];
    });
}"""
"""Text in figures and its contrast with the page: axe leaves drawings out. Words inside bars stand on the bar."""


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["sft", "ppo", "family-tree"])
def test_words_in_figures_can_be_read(filled: Server, chromium: Browser, path: str, scheme: Any) -> None:
    with opened(filled, chromium, path, scheme) as page:
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
        words = page.evaluate(WORDS_IN_FIGURES)
        assert len(words) > 2
        assert [word for word in words if word[1] < 4.5] == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(filled: Server, chromium: Browser, path: str, scheme: Any) -> None:
    with opened(filled, chromium, path, scheme) as page:
        assert violations(page) == []
        look_into(page, tabs(page))


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["sft", "ppo"])
def test_axe_finds_nothing_in_the_parts_of_a_run(filled: Server, chromium: Browser, path: str, scheme: Any) -> None:
    with opened(filled, chromium, path, scheme) as page:
        parts = tabs(page, level=1)
        assert len(parts) > 2
        look_into(page, parts)


def look_into(page: Page, views: list[str]) -> None:
    """Open each of these tabs; axe finds nothing in any."""
    for view in views:
        page.get_by_role("tab", name=view, exact=True).first.click()
        ready(page)
        assert [f"{view}: {found}" for found in violations(page)] == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_sticks_out_sideways(filled: Server, chromium: Browser, path: str, width: int) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    try:
        page.goto(f"{filled.url}/{path}")
        ready(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    finally:
        context.close()


@pytest.mark.slow
def test_a_question_is_asked_by_keyboard_alone(filled: Server, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    try:
        page.goto(f"{filled.url}/compare")
        ready(page)
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.innerText").strip().endswith("Ask"):
                break
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
    finally:
        context.close()

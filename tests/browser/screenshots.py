"""Takes the pictures of the README: ``python -m tests.browser.screenshots WORKSPACE docs/images``.

The workspace should have been through all four steps.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM, Server

WIDTH, HEIGHT = 1280, 800
SETTLE_MILLISECONDS = 1500
NAME = "New colleague"
ANSWER_MILLISECONDS = 240_000
"""The first answer waits for three models to be loaded."""


def _vote(page: Page) -> None:
    page.get_by_role("tab", name="Vote", exact=True).click()
    page.get_by_placeholder("First name and surname").fill(NAME)
    page.keyboard.press("Enter")
    page.locator(".desk .pair").wait_for()


def _quadrant(page: Page) -> None:
    page.get_by_role("tab", name="Quadrant", exact=True).click()
    page.locator(".js-plotly-plot").first.wait_for()


def _side_by_side(page: Page) -> None:
    page.get_by_role("tab", name="Side by side", exact=True).click()
    page.get_by_role("button", name="Mark wrong").first.wait_for()


def _curves(page: Page) -> None:
    page.get_by_role("tab", name="Curves").click()
    page.locator(".js-plotly-plot").first.wait_for()


def _ask(page: Page) -> None:
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("Nearest demonstration").first.wait_for(timeout=ANSWER_MILLISECONDS)


def _chat(page: Page) -> None:
    page.get_by_placeholder("Where is the HR department in Boston?").fill("Where do I find HR in Boston?")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Good answer").wait_for(timeout=ANSWER_MILLISECONDS)


def _nothing(page: Page) -> None:
    del page


PICTURES: dict[str, tuple[str, int, Callable[[Page], None]]] = {
    "home": ("", HEIGHT, _nothing),
    "demonstrations": ("demonstrations", HEIGHT, _nothing),
    "compare-sft": ("sft", 1100, _side_by_side),
    "quadrant": ("sft", 1000, _quadrant),
    "vote": ("preferences", 620, _vote),
    "reward-model": ("reward-model", HEIGHT, _nothing),
    "ppo-outcome": ("ppo", 1000, _nothing),
    "ppo": ("ppo", 1440, _curves),
    "compare-models": ("compare", 1000, _ask),
    "chat": ("chat", HEIGHT, _chat),
    "family-tree": ("family-tree?model=ppo-001", 1000, _nothing),
}


def main(workspace: Path, folder: Path) -> None:
    """One picture per entry of `PICTURES`."""
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(workspace)
    server.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            for name, (path, height, prepare) in PICTURES.items():
                page = browser.new_page(viewport={"width": WIDTH, "height": height})
                page.goto(f"{server.url}/{path}")
                page.get_by_role("heading", level=1).wait_for(timeout=30_000)
                page.wait_for_timeout(SETTLE_MILLISECONDS)
                prepare(page)
                expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=20_000)
                page.wait_for_timeout(SETTLE_MILLISECONDS)
                page.screenshot(path=str(folder / f"{name}.png"))
                page.close()
            browser.close()
    finally:
        server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

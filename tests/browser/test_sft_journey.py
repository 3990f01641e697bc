"""From choosing a base model to reading the quadrant, in a real browser; the training itself is the stub's."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, Watched
from tests.pages import seeding
from workbench.models.loading import EMBEDDED_DIR
from workbench.workspace import Workspace


def bring_a_model(page: Page, folder: Path) -> None:
    """Add a base model, and see what it takes and what it will read."""
    page.get_by_role("tab", name="New run").click()
    page.get_by_text("Bring another base model").click()
    page.get_by_label("Hugging Face id or folder").fill(str(folder))
    page.get_by_label("Hugging Face id or folder").press("Enter")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("button", name="Add to this workspace").click()
    expect(page.get_by_text("team-model was added and is chosen.")).to_be_visible()
    expect(page.get_by_text(re.compile("a folder of this machine"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"about .* free memory"))).to_be_visible()
    page.get_by_text("What the model will read").click()
    expect(page.get_by_text(re.compile(r"Row 1: \d+ tokens, \d+ with loss"))).to_be_visible(timeout=90_000)
    page.get_by_text("The same from a terminal").click()
    expect(page.get_by_text("--set model_id=team-model")).to_be_visible()


def start_and_stop(page: Page) -> None:
    page.get_by_role("button", name="Start SFT").click()
    expect(page.get_by_text("sft-002").first).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()


def read_the_outcome(page: Page) -> None:
    page.get_by_role("combobox", name="Run").click()
    page.get_by_role("option", name=re.compile("sft-001")).click()
    expect(page.get_by_text("Measured on 8 held-out prompts")).to_be_visible()
    page.get_by_role("tab", name="Quadrant").click()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    expect(page.get_by_text("Near-copy with a changed fact").first).to_be_visible()
    page.get_by_role("tab", name="Side by side").click()
    expect(page.get_by_role("button", name="Mark wrong").first).to_be_visible()
    page.get_by_role("tab", name="Compare runs").click()
    expect(page.get_by_text("Settings that differ")).to_be_visible()


def test_from_choosing_a_model_to_reading_the_quadrant(server: Server, tab: Watched, tmp_path: Path) -> None:
    folder = tmp_path / "team-model"
    shutil.copytree(EMBEDDED_DIR, folder)
    with Workspace.open(server.workspace) as ws:
        seeding.demonstrations(ws)
        seeding.sft(ws)
    server.start()
    page = tab.page
    tab.open(server, "sft")
    bring_a_model(page, folder)
    start_and_stop(page)
    read_the_outcome(page)
    assert tab.complaints == []
    assert tab.outside == []
    server.stop()

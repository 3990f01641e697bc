"""PPO from launch to verdict in a real browser; the tab is closed and the server killed in between."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Watched, wait_for
from tests.browser.test_journeys import badge, worker_pid
from tests.pages import seeding
from workbench.ppo.config import PPOConfig
from workbench.runs.run_dir import RunDir, read_json
from workbench.workspace import Workspace

KL_COEF = PPOConfig().kl_coef
UPDATE_SECONDS = 4_000
"""An event has to be on the page within two seconds; the rest is for a busy test machine."""


def open_view(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def launch_and_watch(page: Page) -> None:
    """Launch, and watch it live."""
    expect(page.get_by_text("the time is not known")).to_be_visible()
    page.get_by_role("button", name="Start PPO").click()
    expect(badge(page, "Running")).to_be_visible()
    expect(page.get_by_text("Reward = score − KL penalty")).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=30_000)  # the library itself is loaded first
    progress = page.get_by_text(re.compile(r"optimising · \d+%"))
    before = progress.inner_text()
    expect(progress).not_to_have_text(before, timeout=UPDATE_SECONDS)


def steer(page: Page) -> None:
    """Pause, go on, change the KL coefficient: each is noted."""
    open_view(page, "Steer")
    pause, go_on = (page.get_by_role("button", name=name, exact=True).last for name in ("Pause", "Go on"))
    expect(go_on).to_be_disabled()
    pause.click()
    expect(page.get_by_text(re.compile(r"Paused after update \d+"))).to_be_visible()
    expect(badge(page, "Paused")).to_be_visible()
    expect(page.get_by_text("no other run can start")).to_be_visible()
    expect(pause).to_be_disabled()
    go_on.click()
    expect(page.get_by_text(re.compile(r"Went on after update \d+"))).to_be_visible()
    expect(go_on).to_be_disabled()
    page.get_by_label("KL coefficient").first.fill("0.9")
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_text(re.compile(rf"After update \d+: kl_coef from {KL_COEF} to 0.9")).first).to_be_visible()
    open_view(page, "Curves")
    expect(page.get_by_text(re.compile(rf"KL coefficient {KL_COEF} → 0.9")).first).to_be_visible()


def look_at_time_lapse(page: Page) -> None:
    """The words that changed, and tokens by their KL."""
    open_view(page, "Time-lapse")
    expect(page.locator(".pieces ins").first).to_be_visible()
    page.get_by_role("button", name="KL of each token").or_(page.get_by_text("KL of each token")).first.click()
    expect(page.locator(".pieces span[title^='KL +0.500']").first).to_be_visible()


def branch_and_stop(page: Page) -> None:
    """A branch from a checkpoint; the family is drawn; both runs are stopped."""
    open_view(page, "Steer")
    page.get_by_role("button", name="Branch", exact=True).click()
    expect(badge(page, "Waiting")).to_be_visible()
    expect(page.get_by_text("The family of branched runs")).to_be_visible()
    page.get_by_role("button", name="Stop").first.click()
    expect(badge(page, "Stopped")).to_be_visible()
    page.get_by_role("button", name="Show ppo-001").click()
    expect(badge(page, "Running")).to_be_visible()
    page.get_by_role("button", name="Stop").first.click()
    expect(badge(page, "Stopped")).to_be_visible(timeout=20_000)


def judge(page: Page) -> None:
    """Was it worth it?"""
    open_view(page, "Was it worth it?")
    page.get_by_role("button", name="Judge it").click()
    expect(page.get_by_text("It helped by these measures").first).to_be_visible(timeout=20_000)
    expect(page.get_by_text("No pairs of the two yet.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("our chatbot"))).to_be_disabled()


@pytest.mark.slow
def test_ppo_from_launch_to_verdict(server: Server, tab: Watched, chromium: Browser) -> None:
    with Workspace.open(server.workspace) as ws:
        seeding.demonstrations(ws)
        seeding.reward_model(ws, seeding.sft(ws))
    server.start()
    page = tab.page
    tab.open(server, "ppo")

    launch_and_watch(page)
    steer(page)
    assert tab.complaints == []

    # The browser is closed, the server killed; the run goes on, and so does the page.
    pid = worker_pid(server.workspace)
    page.close()
    server.kill()
    server.start()
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(20_000)
    page.goto(f"{server.url}/ppo")
    expect(badge(page, "Running")).to_be_visible(timeout=30_000)
    assert worker_pid(server.workspace) == pid

    look_at_time_lapse(page)
    branch_and_stop(page)
    judge(page)
    page.close()

    told = read_json(RunDir(server.workspace / "runs" / "ppo-001").control_path)
    assert told["kl_coef"] == 0.9
    wait_for(lambda: worker_pid(server.workspace) is None, 20)
    assert server.stop() == 0

"""A tab that is open when the server is stopped says what to do, and goes on once the server is back."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Server, Watched


def test_a_tab_says_what_to_do_while_the_server_is_gone(server: Server, tab: Watched) -> None:
    server.start()
    tab.open(server)
    notice = tab.page.get_by_role("alert").filter(has_text="The workbench has been stopped")
    tab.page.locator(".gone").wait_for(state="attached")
    expect(notice).to_have_count(0)
    server.kill()
    expect(notice).to_be_visible()
    expect(notice).to_contain_text(f"workbench app --workspace {server.workspace} --port {server.port}")
    expect(tab.page.get_by_test_id("stDialog")).to_have_count(0)  # nothing lies over the page
    server.start()
    expect(notice).to_have_count(0)
    expect(tab.page.get_by_role("heading", level=1)).to_be_visible()

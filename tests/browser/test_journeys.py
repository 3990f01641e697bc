"""What people do, in a real browser against a real server; training is a stub that takes seconds."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import psutil
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server, Watched, wait_for
from tests.pages import seeding
from workbench.demonstrations.editing import add_demonstration
from workbench.workspace import Workspace


def give_name(page: Page, name: str) -> None:
    page.get_by_placeholder("First name and surname").fill(name)
    page.keyboard.press("Enter")
    expect(page.get_by_placeholder("First name and surname")).to_have_count(0)


def test_a_first_visit_loads_the_demo_company_and_leads_to_sft(server: Server, tab: Watched) -> None:
    server.start()
    tab.open(server)
    tab.page.get_by_role("button", name="Load the demo company").click()
    expect(tab.page.get_by_text("The demo company is here")).to_be_visible()
    tab.page.get_by_role("button", name="Go to SFT").click()
    expect(tab.page.get_by_text(re.compile(r"Learns from \d+ approved demonstrations"))).to_be_visible()
    assert tab.complaints == []
    assert tab.outside == []
    assert server.stop() == 0


def test_the_address_home_leads_home(server: Server, tab: Watched) -> None:
    server.start()
    tab.open(server, "home")
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("Where we stand")
    expect(tab.page.get_by_test_id("stDialog")).to_have_count(0)
    assert tab.page.url == f"{server.url}/"


def test_writing_and_importing_demonstrations(server: Server, tab: Watched, tmp_path: Path) -> None:
    server.start()
    page = tab.page
    tab.open(server, "demonstrations")
    page.get_by_role("tab", name="Write").click()
    give_name(page, "Ada")
    expect(page.get_by_label("Prompt")).to_have_count(1)  # while the page is drawn anew, the old form is there too
    page.get_by_label("Prompt").fill("Where is the gym?")
    page.get_by_role("button", name="Save demonstration").click()
    expect(page.get_by_text("The response is empty")).to_be_visible()
    page.get_by_label("Ideal response").fill("In the basement of the Mill house.")
    page.get_by_role("button", name="Save demonstration").click()
    expect(page.get_by_text("Saved to the")).to_be_visible()

    page.get_by_role("tab", name="Import").click()
    file = tmp_path / "staff.csv"
    file.write_text("prompt,response\nWhere is A?,In B.\n,no prompt\nWhere is C?,In D.\n", encoding="utf-8")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("1 row cannot be taken")).to_be_visible()
    page.get_by_role("button", name="Import 2 demonstrations").click()
    expect(page.get_by_text("2 demonstrations imported from staff.csv")).to_be_visible()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("3")
    assert tab.complaints == []


def import_faq(page: Page, faq: Path) -> None:
    page.get_by_role("tab", name="Import").click()
    give_name(page, "Ada")
    page.locator("input[type=file]").set_input_files(faq)
    expect(page.get_by_text("Is this what the columns mean?")).to_be_visible()
    expect(page.get_by_text("HTML was taken out of 1 row.")).to_be_visible()
    expect(page.get_by_text("1 row cannot be taken")).to_be_visible()
    with page.expect_download() as rejected:
        page.get_by_role("button", name="Download these rows with the reasons").click()
    assert "the prompt is empty" in Path(rejected.value.path()).read_text(encoding="utf-8-sig")
    page.get_by_role("button", name="Import 3 demonstrations").click()
    expect(page.get_by_text("3 demonstrations imported")).to_be_visible()


def review_faq(page: Page) -> None:
    """Approve what was found, and reject one of two answers that contradict."""
    page.get_by_role("tab", name="Browse").click()
    page.get_by_label("Search", exact=True).fill("gym")
    expect(page.get_by_text("2 demonstrations found")).to_be_visible()
    page.get_by_test_id("stDataFrame").hover()  # its own buttons show above it, and must not lie over this one
    page.get_by_role("button", name="Choose all 2").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("2 demonstrations approved.")).to_be_visible()

    page.get_by_role("tab", name="Review").click()
    page.get_by_role("button", name="Look through").click()
    expect(page.get_by_text("On the roof.")).to_be_visible(timeout=90_000)
    page.get_by_role("button", name="Reject").last.click()
    expect(page.get_by_text("1 demonstration rejected.")).to_be_visible()


def take_out(page: Page) -> None:
    """A snapshot, and an export of everything."""
    page.get_by_role("tab", name="Snapshots and export").click()
    page.get_by_label("Name", exact=True).fill("First")
    page.get_by_role("button", name="Take snapshot").click()
    expect(page.get_by_text("'First' holds 1 demonstration.")).to_be_visible()
    with page.expect_download() as export:
        page.get_by_role("button", name="Download", exact=True).click()
    lines = [json.loads(line) for line in Path(export.value.path()).read_text(encoding="utf-8").splitlines()]
    assert [(line["prompt"], line["status"]) for line in lines] == [
        ("Where is the gym?", "approved"),
        ("where's the gym", "rejected"),
        ("Who pays for travel?", "draft"),
    ]


def test_company_knowledge_comes_in_is_reviewed_and_goes_out(server: Server, tab: Watched, tmp_path: Path) -> None:
    faq = tmp_path / "faq.csv"
    faq.write_text(
        "topic,Frage,Antwort,status\n"
        "office,Where is the gym?,In the basement.,draft\n"
        "office,where's the gym,On the roof.,draft\n"
        "money,Who pays for travel?,The company <b>pays</b>.,draft\n"
        "money,,Nobody asked.,draft\n"
    )
    server.start()
    page = tab.page
    tab.open(server, "demonstrations")
    import_faq(page, faq)
    review_faq(page)
    take_out(page)
    assert tab.complaints == []
    assert tab.outside == []
    server.stop()


def test_a_name_given_while_a_row_is_edited_stays(server: Server, tab: Watched) -> None:
    with Workspace.open(server.workspace) as ws:
        add_demonstration(ws, prompt="Where is the gym?", response="In the basement.", author="kim")
    server.start()
    page = tab.page
    tab.open(server, "demonstrations")
    page.get_by_test_id("stDataFrame").click(position={"x": 16, "y": 50})
    page.get_by_role("button", name="Edit", exact=False).filter(has_text=re.compile("Edit$")).click()
    dialog = page.get_by_role("dialog")
    give_name(page, "Ada")
    dialog.get_by_label("Ideal response").fill("On the roof.")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("On the roof.")).to_be_visible()
    assert tab.complaints == []
    server.stop()
    with Workspace.open(server.workspace) as ws:
        assert [row.response for row in ws.demonstrations.list()] == ["On the roof."]


def badge(page: Page, state: str) -> Locator:
    """The run's state; its icon is text, too."""
    return page.locator("p", has_text=re.compile(rf"^\w+ ?{state}$"))


def worker_pid(workspace: Path) -> int | None:
    """The stub worker on that workspace."""
    for process in psutil.process_iter(["cmdline"]):
        parts = process.info["cmdline"] or []
        if any(part.endswith("stub_worker.py") for part in parts) and str(workspace) in parts[-1]:
            return int(process.pid)
    return None


def test_a_run_outlives_its_server_and_an_interrupted_one_resumes(server: Server, tab: Watched) -> None:
    with Workspace.open(server.workspace) as ws:
        seeding.demonstrations(ws)
    server.start()
    page = tab.page
    tab.open(server, "sft")
    page.get_by_role("button", name="Start SFT").click()
    expect(badge(page, "Running")).to_be_visible()
    expect(page.get_by_text(re.compile(r"training · \d+% · about"))).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    pid = worker_pid(server.workspace)
    assert pid is not None
    assert tab.complaints == []

    server.kill()
    server.start()
    assert worker_pid(server.workspace) == pid
    tab.open(server, "sft")
    expect(badge(page, "Running")).to_be_visible()
    progress = page.get_by_text(re.compile(r"training · \d+% · about"))
    before = progress.inner_text()
    expect(progress).not_to_have_text(before)

    os.kill(pid, signal.SIGKILL)
    expect(badge(page, "Interrupted")).to_be_visible(timeout=10_000)
    page.get_by_role("button", name="Resume").click()
    expect(badge(page, "Running")).to_be_visible()
    wait_for(lambda: worker_pid(server.workspace) not in (None, pid), 20)
    page.get_by_role("button", name="Stop").click()
    expect(badge(page, "Stopped")).to_be_visible()

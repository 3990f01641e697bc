"""A real server on a workspace of its own, and a real Chromium that watches what leaves the page."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

PROJECT = Path(__file__).resolve().parents[2]
STUB = Path(__file__).with_name("stub_worker.py")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_SECONDS = 60
expect.set_options(timeout=30_000)  # milliseconds; only what never comes about may fail, not what a busy machine delays


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests, and say why they are left out where there is no browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@dataclass
class Server:
    """The app as `python -m pages.launch` starts it."""

    workspace: Path
    port: int = 0
    url: str = ""
    worker: str = ""
    """Command that starts a worker; the stub where empty."""
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it answers; a restart takes the same port."""
        command = [sys.executable, "-m", "pages.launch", "--workspace", str(self.workspace), "--port", str(self.port)]
        worker = self.worker or shlex.join([sys.executable, str(STUB)])
        self.process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=os.environ | {"WORKBENCH_WORKER": worker, "PYTHONPATH": str(PROJECT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "http://127.0.0.1:" in line, f"the server said: {line!r}"
        self.url = line.split(": ", 1)[1].split()[0]
        self.port = int(self.url.rsplit(":", 1)[1])
        wait_for(self._healthy, START_SECONDS)

    def _healthy(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def kill(self) -> None:
        """What a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to leave; returns its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)


def wait_for(condition: Callable[[], object], seconds: float) -> None:
    """Return as soon as the condition holds; fail once the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.05)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that is not started yet, so that its workspace can be filled first."""
    made = Server(tmp_path / "team")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()
    _end_workers(made.workspace)


def _end_workers(workspace: Path) -> None:
    import psutil

    for process in psutil.process_iter(["cmdline"]):
        if any(str(workspace) in part for part in process.info["cmdline"] or ()):
            with suppress(psutil.Error):
                process.kill()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the module's tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page, what it asked for elsewhere, and what its console complained about."""

    page: Page
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, server: Server, path: str = "") -> None:
        """Visit a page of the app and wait for its heading."""
        self.page.goto(f"{server.url}/{path}")
        self.page.get_by_role("heading", level=1).wait_for(timeout=30_000)

    def note(self, message: ConsoleMessage) -> None:
        # A deep link makes Streamlit look for its own endpoints below the page's path first.
        if message.type == "error" and "404" not in message.text:
            self.complaints.append(message.text)


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Watched]:
    """A fresh tab."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    watched = Watched(context.new_page())
    watched.page.on("console", watched.note)
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    watched.page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("http://127.0.0.1:", "data:", "blob:"))
            else watched.outside.append(request.url)
        ),
    )
    yield watched
    context.close()

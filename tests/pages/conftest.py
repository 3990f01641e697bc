"""An empty workspace per test, and the app as a browser would see it from its entry point."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages import services
from pages.identity import NAME
from workbench.runs.supervisor import Supervisor
from workbench.workspace import Workspace

ENTRY = Path(__file__).resolve().parents[2] / "pages" / "app.py"


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The workspace that the app uses. Nothing is spawned: what is seeded stays as it is."""
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setattr(Supervisor, "start", lambda _: None)
    services.close()
    yield services.workspace()
    services.close()


@pytest.fixture
def app(ws: Workspace) -> AppTest:
    """The app before its first run, on that workspace."""
    assert ws.root.is_dir()
    return AppTest.from_file(str(ENTRY), default_timeout=90)


def visit(app: AppTest, page: str | None = None, name: str | None = None, **state: object) -> AppTest:
    """Open a page (home where none is named), as a person of that name, and insist that nothing broke."""
    if name is not None:
        app.session_state[NAME] = name
    app.run()
    for key, value in state.items():
        app.session_state[key] = value
    if page is not None:
        app.switch_page(page)
    return unbroken(app.run())


def unbroken(app: AppTest) -> AppTest:
    """The app, if its last run raised nothing."""
    assert not app.exception, [item.value for item in app.exception]
    return app


def texts(app: AppTest) -> str:
    """All that a person could read on the page, in one string."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "text", "error", "info", "success", "warning")
    parts = [str(item.value) for kind in kinds for item in app.get(kind)]
    parts += [f"{item.label} {item.value}" for item in app.metric]
    parts += [str(item.label) for item in app.button]
    parts += [str(item.value) for item in app.page_link]
    return "\n".join(parts)

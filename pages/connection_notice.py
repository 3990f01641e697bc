"""What to do when the server is gone while a tab is open; Streamlit's own sentence names a command that is not ours."""

from __future__ import annotations

import os
import shlex

from pages import services
from pages.components_browser import browser_component


def connection_notice() -> None:
    """Draw it, hidden while the server answers. The browser asks for that every few seconds."""
    port = os.environ.get("STREAMLIT_SERVER_PORT")
    command = f"workbench app --workspace {shlex.quote(str(services.workspace().root))}"
    browser_component("connection")(key="connection", data={"command": f"{command} --port {port}" if port else command})

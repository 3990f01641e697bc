"""The voting desk as a Streamlit component; its script and style are files of `pages/voting`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pages.components_browser import browser_component


def voting_desk(data: Mapping[str, Any], key: str, on_outbox: Callable[[], None]) -> None:
    """Draw the desk. ``outbox`` in its state holds the actions that wait for an answer in ``data['results']``."""
    browser_component("voting")(key=key, data=dict(data), on_outbox_change=on_outbox)

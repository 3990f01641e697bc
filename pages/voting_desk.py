"""The voting desk as a Streamlit component; its script and style are files of `pages/voting`.

They are served as files of the app's own, not as inline code: the Content-Security-Policy lets no other script run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

PROJECT = "rlhf-workbench"
COMPONENT = "voting"
NAME = f"{PROJECT}.{COMPONENT}"


def voting_desk(data: Mapping[str, Any], key: str, on_outbox: Callable[[], None]) -> None:
    """Draw the desk. ``outbox`` in its state holds the actions that wait for an answer in ``data['results']``."""
    _declare()
    desk = st.components.v2.component(NAME, js="voting.js", css="voting.css")
    desk(key=key, data=dict(data), on_outbox_change=on_outbox)


def _declare() -> None:
    """Make the folder known to the running server.

    The documented way is a manifest in ``pyproject.toml``. Streamlit 1.67 finds that file beside an import package that
    has the distribution's name, which this project has not, or among the files of a package that is no editable
    install. What it would have found is therefore said here. The other documented way, inline code, would need a wider
    Content-Security-Policy.
    """
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(NAME) is None:
        manifest = ComponentManifest(PROJECT, "0", [ComponentConfig(COMPONENT, COMPONENT)])
        manager.register_from_manifest(manifest, Path(__file__).resolve().parent)

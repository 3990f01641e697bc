"""Parts of the page that run in the browser: each a folder beside this file with a script and a style.

They are served as files of the app's own, not as inline code: the Content-Security-Policy lets no other script run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest


def browser_component(folder: str) -> Callable[..., Any]:
    """The Streamlit component of ``pages/FOLDER``, with ``FOLDER.js`` and ``FOLDER.css``.

    The documented way to make it known is a manifest in ``pyproject.toml``. Streamlit 1.67 finds that file beside an
    import package that has the distribution's name, which this project has not, or among the files of a package that is
    no editable install. What it would have found is therefore said here. The other documented way, inline code, would
    need a wider Content-Security-Policy.
    """
    project = f"rlhf-workbench-{folder}"
    name = f"{project}.{folder}"
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(name) is None:
        manifest = ComponentManifest(project, "0", [ComponentConfig(folder, folder)])
        manager.register_from_manifest(manifest, Path(__file__).resolve().parent)
    return st.components.v2.component(name, js=f"{folder}.js", css=f"{folder}.css")

"""Taking demonstrations out of the workbench: a file in the style of the program that is to read it."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import streamlit as st

from pages import services
from workbench.demonstrations.exporting import Style, export_demonstrations

KINDS: dict[str, tuple[str, Style]] = {
    "JSON Lines (loses nothing)": ("demonstrations.jsonl", "plain"),
    "CSV for spreadsheets": ("demonstrations.csv", "plain"),
    "Parquet": ("demonstrations.parquet", "plain"),
    "Messages (OpenAI)": ("messages.jsonl", "messages"),
    "Alpaca": ("alpaca.jsonl", "alpaca"),
    "ShareGPT": ("sharegpt.jsonl", "sharegpt"),
    "Hugging Face dataset (zip)": ("dataset.zip", "huggingface"),
}


def export_part() -> None:
    """Choose a style and download; an import takes each of them back unchanged."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Export all demonstrations as", list(KINDS), key="export_kind", width=320)
        name, style = KINDS[chosen]
        st.download_button(
            "Download",
            lambda: exported(name, style),
            name,
            key="export_download",
            icon=":material/download:",
            on_click="ignore",
        )


def exported(name: str, style: Style) -> bytes:
    """The bytes of an export; a dataset folder comes as a zip file."""
    with tempfile.TemporaryDirectory(prefix="workbench-export-") as folder:
        out = Path(folder) / (name.removesuffix(".zip") if style == "huggingface" else name)
        export_demonstrations(services.workspace(), out, style)
        if style != "huggingface":
            return out.read_bytes()
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(out.rglob("*")):
                archive.write(path, f"{out.name}/{path.relative_to(out).as_posix()}")
        return stream.getvalue()

"""A bar for work that takes longer than a second: what is being done, how far it is, and the time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.components import duration
from workbench.demonstrations.import_report import OnProgress


@contextmanager
def progress_bar(words: str = "") -> Iterator[OnProgress]:
    """A bar that is there until the block ends; with no words, from the first time that something is told."""
    place = st.empty()
    if words:
        place.progress(0.0, words)

    def show(step: str, share: float, left: float | None) -> None:
        more = f", about {duration(left)} left" if left is not None and left >= 1 else ""
        place.progress(min(share, 1.0), f"{step.capitalize()}: {share:.0%}{more}")

    try:
        yield show
    finally:
        place.empty()

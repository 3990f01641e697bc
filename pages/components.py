"""Small pieces that every page uses: headings, empty states, errors where the person is looking, plain text.

Model output, uploads and names are untrusted. Streamlit reads Markdown in most places (alerts, labels, captions,
`st.table`), so such text goes through `plain_text` (drawn as it is) or `escaped` (inside our own sentences).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal, ParamSpec, TypeVar

import streamlit as st
from pydantic import ValidationError

from workbench.errors import InvalidInput, WorkbenchError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Colour = Literal["red", "orange", "blue", "green", "gray", "violet"]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$:@&/])")
_PROBLEM = "problem:{}"
_DONE = "done:{}"


def header(title: str, icon: str, purpose: str) -> None:
    """The page's title and the one sentence that says what the page is for."""
    st.title(title, icon=f":material/{icon}:", anchor=False)
    st.caption(purpose)


def escaped(text: object) -> str:
    """Untrusted text for use inside our own Markdown: every character that Markdown could read is escaped."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def plain_text(text: str, label: str | None = None) -> None:
    """Untrusted text exactly as it is, label included: never read as Markdown or HTML."""
    with st.container(gap=None):
        if label:
            st.caption(escaped(label))
        if text.strip():
            st.text(text, width="stretch")
        else:
            st.caption(":gray[(empty)]")


def empty_state(title: str, text: str, icon: str, link: tuple[str, str] | None = None) -> None:
    """What this place is for and what it needs; ``link`` is (page file, label) of the step before."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("xsmall")
        st.markdown(f"### :gray[:material/{icon}:] {title}", text_alignment="center")
        st.markdown(text, text_alignment="center", width=620)
        if link is not None:
            page, label = link
            st.page_link(page, label=label, icon=":material/arrow_forward:")
        st.space("xsmall")


def workspace_problem(error: WorkbenchError) -> None:
    """The whole page, where the workspace cannot be used at all."""
    with st.container(horizontal_alignment="center"):
        st.space("large")
        with st.container(border=True, width=720):
            st.markdown("### :orange[:material/lock:] This workspace cannot be opened now")
            st.markdown(escaped(error))
            st.caption("Nothing was changed. Once that is settled, try again.")
            st.button("Try again", icon=":material/refresh:", key="workspace_retry")


# --- errors and confirmations ---------------------------------------------------------------------


def attempt(
    place: str, action: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result | None:
    """Do what a click asked for; a deliberate error is kept for `problem(place)` to show. None after an error.

    For callbacks: they run before the page is drawn, so they cannot show anything themselves.
    """
    try:
        return action(*args, **kwargs)
    except ValidationError as error:
        st.session_state[_PROBLEM.format(place)] = validation_sentence(error)
    except WorkbenchError as error:
        st.session_state[_PROBLEM.format(place)] = str(error)
    return None


def report(place: str, sentence: str) -> None:
    """Keep a confirmation for `problem(place)` to show at the next drawing."""
    st.session_state[_DONE.format(place)] = sentence


def problem(place: str) -> None:
    """Show, once, what `attempt` or `report` kept for this place."""
    sentence = st.session_state.pop(_PROBLEM.format(place), None)
    if sentence:
        st.error(escaped(sentence), icon=":material/error:")
    done = st.session_state.pop(_DONE.format(place), None)
    if done:
        st.success(escaped(done), icon=":material/check_circle:")


@contextmanager
def problems_shown() -> Iterator[None]:
    """Show a deliberate error where it happens while a page is drawn."""
    try:
        yield
    except ValidationError as error:
        st.error(escaped(validation_sentence(error)), icon=":material/error:")
    except WorkbenchError as error:
        st.error(escaped(error), icon=":material/error:")


def validation_sentence(error: ValidationError) -> str:
    """The first refusal of a settings form, as a sentence."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    return f"{name}: {first['msg'].replace('Input should', 'must')}."


def required(text: str | None, what: str) -> str:
    """The text, stripped.

    Raises:
        InvalidInput: there is none.
    """
    if not text or not text.strip():
        raise InvalidInput(f"{what} is empty; fill it in first.")
    return text.strip()


# --- words for numbers ----------------------------------------------------------------------------


def duration(seconds: float | None) -> str:
    """A length of time as people say it; empty where it is not known."""
    if seconds is None:
        return ""
    seconds = max(seconds, 0)
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds // 3600:.0f} h {seconds % 3600 / 60:.0f} min"


def ago(moment: datetime | None) -> str:
    """How long ago, as people say it."""
    if moment is None:
        return ""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 86400:
        return f"{duration(seconds)} ago"
    return f"{seconds // 86400:.0f} d ago"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 vote``, ``2 votes``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"

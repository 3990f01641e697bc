"""Single values of a row: texts, lists, names and the like, whatever a file makes of them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from storage.demonstrations import Origin
from workbench.demonstrations.messages import RowError, opened
from workbench.demonstrations.splits import SPLITS, Split
from workbench.demonstrations.text_rules import MAX_NAME_CHARACTERS, STATUSES, Status, text_problem

SPLIT_WORDS: dict[str, Split] = {
    **{split: split for split in SPLITS},
    **dict.fromkeys(("val", "valid", "dev", "eval"), "validation"),
    "train_sft": "train",
    "test_sft": "test",
}
STATUS_WORDS: dict[str, Status] = {
    **{status: status for status in STATUSES},
    **dict.fromkeys(("submitted", "completed", "published", "validated", "live", "veröffentlicht"), "approved"),
    **dict.fromkeys(("pending", "open", "in review", "entwurf"), "draft"),
    "discarded": "rejected",
}
"""What other tools call a split and a status."""


WRITTEN_FOR_NOTHING = (
    *(
        "NULL",
        "null",
        "NaN",
        "nan",
        "NaT",
        "<NA>",
        "inf",
        "-inf",
        "#N/A",
        "#NV",
        "#REF!",
        "#BEZUG!",
        "#VALUE!",
        "#WERT!",
    ),
    *("#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"),
)
"""What programs write where they have no value; a number of JSON too large for one is read as ``inf``. "None" may well
be an answer."""


def required_text(name: str, value: Any) -> str:
    """The value as text without surrounding space.

    Raises:
        RowError: it is no text, empty, too long or holds characters that cannot be stored; or the response is what a
            program writes for nothing.
    """
    value = only_text(value)
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    problem = text_problem(name, "" if text is None else text)
    if problem:
        raise RowError(problem)
    kept = str(text).strip()
    if name == "response" and kept in WRITTEN_FOR_NOTHING:
        raise RowError(f"the response '{kept}' is no answer but what a program writes for nothing")
    return kept


def optional_text(value: Any) -> str | None:
    """Short text beside a demonstration; None for nothing.

    Raises:
        RowError: it cannot be stored.
    """
    if value is None or value == "" or (isinstance(value, str) and not value.strip()):
        return None
    return required_text("source or id beside it", value if isinstance(value, str) else str(value))


def split_named(value: Any) -> Split | None:
    """The split that a file states; None where it states none.

    Raises:
        RowError: the name is not one of a split.
    """
    if not is_filled(value):
        return None
    split = SPLIT_WORDS.get(str(value).strip().casefold())
    if split is None:
        raise RowError(f"the split '{str(value)[:40]}' is not {' or '.join(SPLITS)}")
    return split


def is_filled(value: Any) -> bool:
    """Whether there is more in it than space."""
    return value is not None and str(value).strip() != ""


def only_text(value: Any) -> Any:
    """The one text in a list or object that holds nothing else, as in ``{"text": ["Floor 2."]}``."""
    if isinstance(value, dict):
        value = next((value[name] for name in ("text", "value", "content", "answer") if name in value), value)
    if isinstance(value, list) and len(value) == 1:
        return only_text(value[0])
    return value


def said_texts(value: Any) -> list[str]:
    """The texts of a value beside the prompt, in their order: a text, or lists of texts or of messages.

    Raises:
        RowError: it holds something else.
    """
    if isinstance(value, dict):
        value = only_text(value)
    if isinstance(value, list):
        return [text for part in value for text in said_texts(part)]
    if not is_filled(value):
        return []
    return [required_text("text beside the prompt", value)]


def earlier_texts(value: Any) -> list[str]:
    """What was said before a prompt: a system message, or a history of exchanges, which may stand there as JSON.

    Raises:
        RowError: it holds something else.
    """
    return said_texts(opened(value))


def text_list(value: Any) -> tuple[str, ...] | None:
    """A list of texts; in CSV a JSON list, or one text with ';' or ',' between its parts. None for nothing.

    Raises:
        RowError: it is neither, or holds something that is no text.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        # Exports write lists so: a tag or a fact may itself hold any separator, and a list may be empty.
        with suppress(ValueError, RecursionError):
            value = json.loads(value)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(";" if ";" in value else ",") if part.strip())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (str(value),)
    if isinstance(value, list):
        flat = [part for item in value for part in (item if isinstance(item, list) else [item])]
        return tuple(required_text("tag or fact", part) for part in flat)
    raise RowError("tags and key facts must be text or a list of texts")


def author_name(value: Any) -> str | None:
    """Who wrote the row; None where it does not say. Raises RowError where the name is too long."""
    name = optional_text(value)
    if name is not None and len(name) > MAX_NAME_CHARACTERS:
        raise RowError(f"the author's name has more than {MAX_NAME_CHARACTERS} characters")
    return name


def status_named(value: Any) -> Status | None:
    """The status that a file states; None where it states none.

    A word that is not known here makes a draft: what nobody surely approved does not train.
    """
    return STATUS_WORDS.get(str(value).strip().casefold(), "draft") if is_filled(value) else None


def origin_of(value: Any) -> Origin | None:
    """Where in a document the row stands, as an export writes it; anything else by that name is left alone."""
    if isinstance(value, str) and value.startswith("{"):
        with suppress(ValueError, RecursionError):
            value = json.loads(value)
    if not isinstance(value, dict) or set(value) != set(Origin.__annotations__):
        return None
    start, end = value["start"], value["end"]
    if not (isinstance(start, int) and isinstance(end, int)):
        return None
    return Origin(document=str(value["document"]), section=str(value["section"]), start=start, end=end)

"""Which value of a row is the prompt and which the response, whatever a file calls them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from workbench.demonstrations.splits import SPLITS, Split
from workbench.demonstrations.text_rules import (
    MAX_NAME_CHARACTERS,
    STATUSES,
    Status,
    clean_tags,
    text_problem,
)
from workbench.errors import UnreadableFile

PROMPT_NAMES = ("prompt", "question", "instruction", "query", "input", "user", "q", "ask", "title")
RESPONSE_NAMES = (
    "response",
    "answer",
    "output",
    "completion",
    "ideal_response",
    "ideal_answer",
    "reply",
    "assistant",
    "target",
    "a",
)
MESSAGES_NAMES = ("messages", "conversations", "conversation")
CONTEXT_NAMES = ("input", "context")
"""What Alpaca files put beside an instruction; it belongs to the prompt."""
SPLIT_NAMES: dict[str, Split] = {
    **{split: split for split in SPLITS},
    "val": "validation",
    "dev": "validation",
}
ROLES = {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
}


class RowError(Exception):
    """Why one row cannot be taken; the others still can."""


@dataclass(frozen=True, slots=True)
class DemonstrationFields:
    """What a row says, checked. None where the file says nothing."""

    prompt: str
    response: str
    tags: tuple[str, ...]
    source: str | None
    author: str | None
    status: Status | None
    split: Split | None
    fact_id: str | None
    key_facts: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """The columns that hold prompt and response, where the person says so or the names tell."""

    prompt: str | None
    response: str | None
    messages: str | None = None


def choose_columns(columns: Iterable[str], prompt: str | None = None, response: str | None = None) -> ColumnChoice:
    """Finds the columns of prompt and response by name; a name that is given outright must be there.

    Raises:
        UnreadableFile: no such column.
    """
    names = list(columns)
    for wanted in (prompt, response):
        if wanted is not None and wanted not in names:
            raise UnreadableFile(f"there is no column '{wanted}'; the columns are {_listed(names)}")
    messages = None if prompt or response else first_named(names, MESSAGES_NAMES)
    prompt = prompt or first_named(names, PROMPT_NAMES)
    response = response or first_named([name for name in names if name != prompt], RESPONSE_NAMES)
    if messages is None and (prompt is None or response is None):
        missing = "prompt" if prompt is None else "response"
        known = PROMPT_NAMES if prompt is None else RESPONSE_NAMES
        raise UnreadableFile(
            f"no column is the {missing}: the columns are {_listed(names)}; it would be called {' or '.join(known[:4])}"
        )
    return ColumnChoice(prompt, response, messages)


def demonstration_fields(values: Mapping[str, Any], choice: ColumnChoice) -> DemonstrationFields:
    """Reads one row.

    Raises:
        RowError: the row is no demonstration; its text is the reason.
    """
    row = {plain_name(name): value for name, value in values.items()}
    prompt, response = _prompt_and_response(values, row, choice)
    return DemonstrationFields(
        prompt=required_text("prompt", prompt),
        response=required_text("response", response),
        tags=clean_tags(_texts(row.get("tags")) or ()),
        source=optional_text(row.get("source")),
        author=_name(row.get("author")),
        status=_status(row.get("status")),
        split=split_named(row.get("split")),
        fact_id=optional_text(row.get("fact_id")),
        key_facts=_texts(row.get("key_facts")),
    )


def plain_name(name: str) -> str:
    """A column name without case, one underscore for each gap: 'Ideal Response' -> 'ideal_response'."""
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


def first_named(columns: Iterable[str], names: Iterable[str]) -> str | None:
    """The column that has the first of these names, as the file writes it; None where none has."""
    by_name = {plain_name(column): column for column in reversed(list(columns))}
    return next((by_name[name] for name in names if name in by_name), None)


def required_text(name: str, value: Any) -> str:
    """The value as text without surrounding space.

    Raises:
        RowError: it is no text, empty, too long or holds characters that cannot be stored.
    """
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    problem = text_problem(name, "" if text is None else text)
    if problem:
        raise RowError(problem)
    return str(text).strip()


def optional_text(value: Any) -> str | None:
    """Short text beside a demonstration; None for nothing.

    Raises:
        RowError: it cannot be stored.
    """
    if value is None or value == "":
        return None
    return required_text("source or id beside it", value if isinstance(value, str) else str(value))


def split_named(value: Any) -> Split | None:
    """The split that a file states; None where it states none.

    Raises:
        RowError: the name is not one of a split.
    """
    if value is None or value == "":
        return None
    split = SPLIT_NAMES.get(str(value).strip().casefold())
    if split is None:
        raise RowError(f"the split '{value}' is not {' or '.join(SPLITS)}")
    return split


def conversation(messages: Any) -> tuple[str, str]:
    """Prompt and response of a conversation with one question and one answer.

    Takes ``{role, content}`` and ShareGPT's ``{from, value}``; content may be a list of text parts. A system
    message is put before the question.

    Raises:
        RowError: it is not one question and one answer.
    """
    turns = _turns(messages)
    system = [text for role, text in turns if role == "system"]
    rest = [(role, text) for role, text in turns if role != "system"]
    if [role for role, _ in rest] != ["user", "assistant"]:
        shape = ", ".join(role for role, _ in rest[:6]) or "nothing"
        more = f", … ({len(rest)} messages)" if len(rest) > 6 else ""
        raise RowError(f"the conversation is not one question and one answer but {shape}{more}")
    return "\n\n".join([*system, rest[0][1]]), rest[1][1]


def _turns(messages: Any) -> list[tuple[str, str]]:
    if not isinstance(messages, list) or not messages:
        raise RowError("the conversation is not a list of messages")
    turns = []
    for message in messages:
        if not isinstance(message, dict):
            raise RowError("a message of the conversation is not an object")
        role = str(message.get("role", message.get("from", ""))).casefold()
        turns.append((ROLES.get(role, role), _message_text(message.get("content", message.get("value")))))
    return turns


def _message_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text", part.get("value")) for part in content if isinstance(part, dict)]
        texts = [part for part in parts if isinstance(part, str)]
        if len(texts) == len(content):
            return "\n".join(texts)
    raise RowError("a message of the conversation holds something that is not text")


def _prompt_and_response(values: Mapping[str, Any], row: Mapping[str, Any], choice: ColumnChoice) -> tuple[Any, Any]:
    if choice.messages is not None and values.get(choice.messages) is not None:
        return conversation(values[choice.messages])
    prompt = values.get(choice.prompt) if choice.prompt else None
    response = values.get(choice.response) if choice.response else None
    if prompt is not None and choice.prompt and plain_name(choice.prompt) == "instruction":
        context = next((row[name] for name in CONTEXT_NAMES if isinstance(row.get(name), str)), "")
        if context.strip() and isinstance(prompt, str):
            prompt = f"{prompt.strip()}\n\n{context.strip()}"
    return prompt, response


def _texts(value: Any) -> tuple[str, ...] | None:
    """A list of texts; in CSV a JSON list, or one text with ';' or ',' between its parts. None for nothing."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        # Exports write lists so: a tag or a fact may itself hold any separator, and a list may be empty.
        with suppress(ValueError, RecursionError):
            value = json.loads(value)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(";" if ";" in value else ",") if part.strip())
    if isinstance(value, list):
        return tuple(required_text("tag or fact", part) for part in value)
    raise RowError("tags and key facts must be text or a list of texts")


def _name(value: Any) -> str | None:
    name = optional_text(value)
    if name is not None and len(name) > MAX_NAME_CHARACTERS:
        raise RowError(f"the author's name has more than {MAX_NAME_CHARACTERS} characters")
    return name


def _status(value: Any) -> Status | None:
    if value is None or value == "":
        return None
    status = str(value).strip().casefold()
    found = next((known for known in STATUSES if known == status), None)
    if found is None:
        raise RowError(f"the status '{value}' is not {' or '.join(STATUSES)}")
    return found


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"'{name[:40]}'" for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "") or "not named"

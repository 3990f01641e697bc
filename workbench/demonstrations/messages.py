"""Conversations of OpenAI's and ShareGPT's kind, as prompts and responses."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Literal

Turns = Literal["single", "first", "every"]
"""What to do with a conversation of several exchanges: refuse it, take the first, or take each with those before."""
ROLES = {
    "human": "user",
    "prompter": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "developer": "system",
}


GAP = "\n\n"
"""What stands between a prompt and what was said before it, or its context."""


class RowError(Exception):
    """Why one row cannot be taken; the others still can."""


def conversation(messages: Any) -> tuple[str, str]:
    """Prompt and response of a conversation with one question and one answer.

    Takes ``{role, content}`` and ShareGPT's ``{from, value}``; content may be a list of text parts. A system
    message is put before the question.

    Raises:
        RowError: it is not one question and one answer.
    """
    return exchanges(messages, "single")[0]


def exchanges(messages: Any, turns: Turns) -> list[tuple[str, str]]:
    """Prompts and responses of a conversation; what was said before an exchange stands before its question.

    Raises:
        RowError: it is no conversation of questions and answers in turn, or it has several exchanges and
            ``turns`` is "single".
    """
    said = _turns(messages)
    system = [text for role, text in said if role == "system"]
    rest = [(role, text) for role, text in said if role != "system"]
    roles = [role for role, _ in rest]
    alternating = len(rest) >= 2 and roles == ["user", "assistant"] * (len(rest) // 2) + ["user"] * (len(rest) % 2)
    if not alternating or (turns == "single" and len(rest) != 2):
        shape = ", ".join(roles[:6]) or "nothing"
        more = f", … ({len(rest)} messages)" if len(rest) > 6 else ""
        way = "; the first exchange or every one can be taken, if you say so" if alternating else ""
        raise RowError(f"the conversation is not one question and one answer but {shape}{more}{way}")
    found = []
    before = system
    for (_, question), (_, answer) in zip(rest[::2], rest[1::2], strict=False):
        found.append((GAP.join([*before, question]), answer))
        before = [*before, question, answer]
    return found if turns == "every" else found[:1]


def opened(messages: Any) -> Any:
    """A conversation that stands in its cell as JSON, read; any other as it is."""
    if isinstance(messages, str) and messages.lstrip().startswith("["):
        with suppress(ValueError, RecursionError):
            return json.loads(messages)
    return messages


def ends_with_answer(messages: Any) -> bool:
    """Whether the last message is an answer, as it is not where a conversation is only the prompt."""
    try:
        return _turns(opened(messages))[-1][0] == "assistant"
    except RowError:
        return False


def _turns(messages: Any) -> list[tuple[str, str]]:
    if not isinstance(messages, list) or not messages:
        raise RowError("the conversation is not a list of messages")
    turns = []
    for message in messages:
        if not isinstance(message, dict):
            raise RowError("a message of the conversation is not an object")
        role = str(_either(message, "role", "from")).casefold()
        turns.append((ROLES.get(role, role), _message_text(_either(message, "content", "value"))))
    return turns


def _either(message: dict[str, Any], name: str, other: str) -> Any:
    """The value under the first name, or under the other where that is missing or null, as in files with one schema."""
    value = message.get(name)
    return message.get(other) if value is None else value


def _message_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text", part.get("value")) for part in content if isinstance(part, dict)]
        texts = [part for part in parts if isinstance(part, str)]
        if len(texts) == len(content):
            return "\n".join(texts)
    raise RowError("a message of the conversation holds something that is not text")

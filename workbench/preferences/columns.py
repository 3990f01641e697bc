"""Which values of a row are the two responses, and which of them was preferred."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from workbench.demonstrations.cell_values import optional_text, required_text, split_named
from workbench.demonstrations.column_names import DECIDED_NAMES, JUDGED_NAMES, both_named
from workbench.demonstrations.columns import PROMPT_NAMES, RowError, conversation, first_named, plain_name
from workbench.demonstrations.splits import Split
from workbench.errors import UnreadableFile
from workbench.preferences.stated_votes import StatedVote, stated_votes

CHOICE_NAMES = ("choice", "vote", "preference", "winner", "label")
_TRANSCRIPT = re.compile(r"\s*Human:.*\n\s*Assistant:", re.DOTALL)
_TURN = re.compile(r"(?:^|\n\n)(Human|Assistant):")
IMPORTED_MODEL = "imported"
"""Model of a response whose file names none."""


@dataclass(frozen=True, slots=True)
class PairFields:
    """What a row says, checked. ``votes`` is empty where nobody has chosen yet."""

    prompt: str
    response_a: str
    response_b: str
    votes: tuple[StatedVote, ...]
    model_a: str
    model_b: str
    split: Split | None
    simulated: bool


@dataclass(frozen=True, slots=True)
class PairColumns:
    """Columns by meaning: either A and B with an optional choice, or chosen and rejected."""

    prompt: str | None
    first: str
    second: str
    choice: str | None
    decided: bool


def choose_pair_columns(columns: Iterable[str]) -> PairColumns:
    """Finds the columns by name.

    Raises:
        UnreadableFile: the file holds no pairs.
    """
    names = list(columns)
    prompt, conversations = (
        first_named(names, PROMPT_NAMES),
        first_named(names, ("conversations", "messages")),
    )
    decided, judged = both_named(names, DECIDED_NAMES), both_named(names, JUDGED_NAMES)
    if decided:
        return PairColumns(prompt or conversations, *decided, None, decided=True)
    if judged and prompt:
        return PairColumns(prompt, *judged, first_named(names, CHOICE_NAMES), decided=False)
    shown = ", ".join(f"'{name[:40]}'" for name in names[:12])
    raise UnreadableFile(
        "there must be columns prompt, chosen and rejected, or prompt, response_a, response_b and choice; "
        f"the columns are {shown}"
    )


def pair_fields(values: Mapping[str, Any], columns: PairColumns) -> PairFields:
    """Reads one row.

    Raises:
        RowError: the row is no pair; its text is the reason.
    """
    row = {plain_name(name): value for name, value in values.items()}
    prompt = values.get(columns.prompt) if columns.prompt else None
    prompt, first = _prompt_and_text(prompt, values.get(columns.first))
    prompt, second = _prompt_and_text(prompt, values.get(columns.second))
    prompt = required_text("prompt", prompt)
    names = ("chosen response", "rejected response") if columns.decided else ("response A", "response B")
    first, second = required_text(names[0], first), required_text(names[1], second)
    if first == second:
        raise RowError("the two responses are the same")
    models = [optional_text(row.get(f"model_{side}")) or IMPORTED_MODEL for side in _sides(columns)]
    if columns.decided:
        votes: tuple[StatedVote, ...] = (StatedVote("a", optional_text(row.get("annotator"))),)
    else:
        votes = stated_votes(row, values.get(columns.choice or ""))
    if columns.decided and not _stands_first(prompt, first, second):
        first, second, votes = second, first, (replace(votes[0], choice="b"),)
        models.reverse()
    return PairFields(
        prompt=prompt,
        response_a=first,
        response_b=second,
        votes=votes,
        model_a=models[0],
        model_b=models[1],
        split=split_named(row.get("split")),
        simulated=_simulated(row),
    )


def _sides(columns: PairColumns) -> tuple[str, str]:
    return ("chosen", "rejected") if columns.decided else ("a", "b")


def _stands_first(prompt: str, chosen: str, rejected: str) -> bool:
    """Whether the chosen response becomes A: by a hash of the texts, lest A always be the better one."""
    digest = hashlib.sha256("\x1f".join((prompt, *sorted((chosen, rejected)))).encode()).digest()
    return (digest[0] % 2 == 0) == (chosen <= rejected)


def _prompt_and_text(prompt: Any, value: Any) -> tuple[Any, Any]:
    """A response is text, one message, or a whole conversation that begins with the prompt."""
    if isinstance(prompt, list):
        prompt = _single_question(prompt)
    if isinstance(value, dict):
        return prompt, _answer([value])
    if isinstance(value, list) and len(value) == 1:
        return prompt, _answer(value)
    if isinstance(value, list):
        question, response = conversation(value)
    elif isinstance(value, str) and _TRANSCRIPT.match(value):
        question, response = _transcript(value)
    else:
        return prompt, value
    if prompt is not None and isinstance(prompt, str) and " ".join(prompt.split()) != " ".join(question.split()):
        raise RowError("the two conversations do not begin with the same prompt")
    return question, response


def _transcript(text: str) -> tuple[str, str]:
    """Prompt and response of a conversation in one text, as Anthropic's HH data has it: Human: … Assistant: …"""
    turns = _TURN.split(text.strip())[1:]
    roles = {"Human": "user", "Assistant": "assistant"}
    messages = [
        {"role": roles[role], "content": said.strip()} for role, said in zip(turns[::2], turns[1::2], strict=True)
    ]
    return conversation(messages)


def _answer(message: list[Any]) -> str:
    # A question is put before it only so that one function judges what a message is.
    return conversation([{"role": "user", "content": "?"}, *_as_assistant(message)])[1]


def _as_assistant(message: list[Any]) -> list[Any]:
    (only,) = message
    if not isinstance(only, dict):
        raise RowError("the response is a list of something that is not a message")
    return [{"role": "assistant", "content": only.get("content", only.get("value"))}]


def _single_question(messages: list[Any]) -> str:
    # An answer is put behind it only so that one function judges what a conversation is.
    return conversation([*messages, {"role": "assistant", "content": "."}])[0]


def _simulated(row: Mapping[str, Any]) -> bool:
    stated: Literal[True, False] | str | None = row.get("simulated")
    return stated is True or str(stated).casefold() in ("true", "1") or row.get("source") == "simulated"

"""Rows of demonstrations and of their history, and what a list of them is filtered and ordered by."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict

from storage.repository import Where

Status = Literal["draft", "approved", "rejected"]
Split = Literal["train", "validation", "test"]
Action = Literal["edited", "deleted", "restored"]


class Origin(TypedDict):
    """Where in a document a demonstration stands: characters ``start`` to ``end`` of the document's text."""

    document: str
    section: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Demonstration:
    """One demonstration. ``fact_id`` and ``key_facts`` are None where the data does not say them.

    Rows of one ``group_key`` ask the same or nearly the same and share a split; 0 stands for the prompt's own
    key and is replaced by it when the row is stored.
    """

    id: str
    prompt: str
    response: str
    tags: tuple[str, ...]
    source: str
    author: str
    status: Status
    split: Split
    fact_id: str | None
    key_facts: tuple[str, ...] | None
    created_at: datetime
    updated_at: datetime
    group_key: int = dataclasses.field(default=0, compare=False)
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class DemonstrationVersion:
    """What a demonstration was before it was edited, deleted or restored by ``replaced_by``."""

    id: str
    demonstration_id: str
    prompt: str
    response: str
    tags: tuple[str, ...]
    source: str
    author: str
    status: Status
    split: Split
    fact_id: str | None
    key_facts: tuple[str, ...] | None
    created_at: datetime
    updated_at: datetime
    action: Action
    replaced_by: str
    replaced_at: datetime
    group_key: int = dataclasses.field(default=0, compare=False)
    origin: Origin | None = None


class Filter(TypedDict, total=False):
    """Which demonstrations are meant; what is None or left out filters nothing."""

    status: Status | None
    split: Split | None
    search: str | None
    """Words that stand in prompt or response, in any case."""
    tag: str | None
    source: str | None
    """The file, without what stands after #."""


Order = Literal["added", "newest", "prompt", "longest response", "changed"]
ORDERS: dict[Order, str] = {
    "added": "position",
    "newest": "position DESC",
    "prompt": "lower(prompt), position",
    "longest response": "length(response) DESC, position",
    "changed": "updated_at DESC, position",
}


def where(wanted: Filter) -> Where:
    """The filter as SQL."""
    found = Where().add("status = ?", wanted.get("status")).add("split = ?", wanted.get("split"))
    found.add("list_contains(tags, ?)", wanted.get("tag"))
    found.add("split_part(source, '#', 1) = ?", wanted.get("source"))
    return found.add("contains(lower(prompt || chr(31) || response), lower(?))", wanted.get("search") or None)

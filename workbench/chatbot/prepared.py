"""Prompts that a team has prepared to show its models with; one list per workspace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.chatbot.questions import MAX_PROMPT
from workbench.errors import InvalidInput
from workbench.runs.run_dir import read_json, write_json

if TYPE_CHECKING:
    from workbench.workspace import Workspace

MOST_PREPARED = 100
_FILE = "prepared_prompts.json"


def prepared_prompts(ws: Workspace) -> list[str]:
    """The prepared prompts in order; a few held-out ones as long as nobody has prepared any."""
    stored = read_json(_path(ws)).get("prompts")
    if isinstance(stored, list) and stored:
        return [str(prompt) for prompt in stored]
    held_out = ws.demonstrations.list(status="approved", split="test", limit=200)
    by_fact = {row.fact_id or row.id: row.prompt for row in held_out}
    return list(by_fact.values())[:5]


def prepare_prompts(ws: Workspace, prompts: Sequence[str]) -> list[str]:
    """Store the list anew, without empty and repeated lines; an empty list goes back to the held-out prompts.

    Raises:
        InvalidInput: there are too many, or one is too long.
    """
    clean = list(dict.fromkeys(prompt.strip() for prompt in prompts if prompt.strip()))
    if len(clean) > MOST_PREPARED:
        raise InvalidInput(f"{len(clean)} prompts are too many to show; prepare at most {MOST_PREPARED}.")
    if any(len(prompt) > MAX_PROMPT for prompt in clean):
        raise InvalidInput(f"A prompt may have at most {MAX_PROMPT:,} characters.")
    write_json(_path(ws), {"prompts": clean})
    return clean


def _path(ws: Workspace) -> Path:
    return ws.root / _FILE

"""Writing, changing and deleting single demonstrations.

Every rule is checked here, whatever a form has checked before: the browser can be asked for anything.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from storage.demonstrations import Demonstration
from storage.text_keys import content_key
from workbench.demonstrations.splits import SPLITS, Split, SplitBook, normalise_prompt
from workbench.demonstrations.text_rules import (
    MAX_NAME_CHARACTERS,
    STATUSES,
    Status,
    clean_tags,
    text_problem,
)
from workbench.errors import InvalidInput

if TYPE_CHECKING:
    from workbench.workspace import Workspace

EDITABLE = ("prompt", "response", "tags", "source", "status", "split", "fact_id", "key_facts")
MAX_TAGS = 50
MAX_TAG_CHARACTERS = 100


def add_demonstration(
    ws: Workspace,
    *,
    prompt: str,
    response: str,
    tags: Iterable[str] = (),
    source: str = "",
    author: str,
    split: Split | None = None,
    status: Status = "approved",
) -> Demonstration:
    """Stores a prompt with its human response.

    A prompt that is already there keeps its split, whatever ``split`` says.

    Raises:
        InvalidInput: an empty or too long text, an unknown status or split, or the same prompt and response
            are already there.
    """
    now = datetime.now(UTC)
    row = Demonstration(
        id=uuid.uuid4().hex[:12],
        prompt=prompt.strip(),
        response=response.strip(),
        tags=clean_tags(tags),
        source=source.strip(),
        author=author.strip(),
        status=status,
        split=split or "train",
        fact_id=None,
        key_facts=None,
        created_at=now,
        updated_at=now,
    )
    _check(row)
    _check_new(ws, row)
    row = replace(row, split=_split_book(ws).split_of(row.prompt, split))
    ws.demonstrations.add_many([row])
    return row


def update_demonstration(ws: Workspace, id: str, *, by: str, **changes: Any) -> Demonstration:
    """Changes fields of a demonstration; the former version stays in its history.

    A changed prompt takes the split of the demonstrations that already ask it; where it is new it keeps its
    own. A changed split moves every demonstration of that prompt along.

    Raises:
        NotFound: no demonstration has this id.
        InvalidInput: a field cannot be changed or its new value cannot be used.
    """
    old = ws.demonstrations.get(id)
    unknown = sorted(set(changes) - set(EDITABLE))
    if unknown:
        raise InvalidInput(f"{', '.join(unknown)} cannot be changed; these can: {', '.join(EDITABLE)}.")
    new = replace(old, **_cleaned(changes), updated_at=datetime.now(UTC))
    _check(new)
    if content_key(new.prompt, new.response) != content_key(old.prompt, old.response):
        _check_new(ws, new)
    siblings = _same_prompt(ws, new)
    if siblings and "split" not in changes:
        new = replace(new, split=siblings[0].split)
    moved = [replace(row, split=new.split) for row in siblings if row.split != new.split]

    def write(cursor: Any) -> None:
        for row in (new, *moved):
            ws.demonstrations.update(row, by, cursor=cursor)

    ws.database.run_write(write)
    return new


def set_status(ws: Workspace, id: str, status: Status, by: str) -> Demonstration:
    """Marks a demonstration as draft, approved or rejected; only approved ones are trained on.

    Raises:
        NotFound: no demonstration has this id.
        InvalidInput: the status is not one of the three.
    """
    return update_demonstration(ws, id, by=by, status=status)


def delete_demonstration(ws: Workspace, id: str, by: str) -> None:
    """Deletes a demonstration; its history stays, so it can be restored.

    Raises:
        NotFound: no demonstration has this id.
    """
    ws.demonstrations.delete(id, by)


def _cleaned(changes: dict[str, Any]) -> dict[str, Any]:
    cleaned = dict(changes)
    for name in ("prompt", "response", "source"):
        if isinstance(cleaned.get(name), str):
            cleaned[name] = cleaned[name].strip()
    if "tags" in cleaned:
        cleaned["tags"] = clean_tags(cleaned["tags"])
    if cleaned.get("key_facts") is not None:
        cleaned["key_facts"] = tuple(cleaned["key_facts"])
    return cleaned


def _check(row: Demonstration) -> None:
    for name, text in (("prompt", row.prompt), ("response", row.response)):
        problem = text_problem(name, text)
        if problem:
            raise InvalidInput(f"{problem[0].upper()}{problem[1:]}.")
    if row.status not in STATUSES:
        raise InvalidInput(f"The status must be {' or '.join(STATUSES)}, not '{row.status}'.")
    if row.split not in SPLITS:
        raise InvalidInput(f"The split must be {' or '.join(SPLITS)}, not '{row.split}'.")
    if len(row.tags) > MAX_TAGS or any(len(tag) > MAX_TAG_CHARACTERS for tag in row.tags):
        raise InvalidInput(f"At most {MAX_TAGS} tags of at most {MAX_TAG_CHARACTERS} characters can be given.")
    if not row.author or len(row.author) > MAX_NAME_CHARACTERS:
        raise InvalidInput(f"The author needs a name of 1 to {MAX_NAME_CHARACTERS} characters.")


def _check_new(ws: Workspace, row: Demonstration) -> None:
    if content_key(row.prompt, row.response) in ws.demonstrations.existing_keys():
        raise InvalidInput("This prompt with this response is already there.")


def _same_prompt(ws: Workspace, row: Demonstration) -> list[Demonstration]:
    wanted = normalise_prompt(row.prompt)
    return [
        other for other in ws.demonstrations.list() if other.id != row.id and normalise_prompt(other.prompt) == wanted
    ]


def _split_book(ws: Workspace) -> SplitBook:
    return SplitBook((row.prompt, row.split) for row in ws.demonstrations.list())

"""Writing, changing and deleting demonstrations, each in its own way.

Every rule is checked here, whatever a form has checked before: the browser can be asked for anything.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from storage.demonstrations import Demonstration
from storage.text_keys import content_form, prompt_key
from workbench.demonstrations.meanwhile import Fields, refuse_unseen
from workbench.demonstrations.splits import SPLITS, Split, assign_split
from workbench.demonstrations.text_rules import (
    MAX_NAME_CHARACTERS,
    STATUSES,
    Status,
    clean_tags,
    text_problem,
)
from workbench.errors import InvalidInput

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from workbench.workspace import Workspace

EDITABLE = ("prompt", "response", "tags", "source", "status", "split", "fact_id", "key_facts")
MAX_TAGS = 50
MAX_TAG_CHARACTERS = 100
_UNSEEN = object()


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
    fact_id: str | None = None,
) -> Demonstration:
    """Stores a prompt with its human response.

    A prompt that is already there, or one that is nearly the same, keeps its split, whatever ``split`` says.

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
        fact_id=fact_id,
        key_facts=None,
        created_at=now,
        updated_at=now,
    )
    _check(row)
    _check_new(ws, row)
    row = _placed(ws, row, split)
    ws.demonstrations.add_many([row])
    return row


def _placed(ws: Workspace, row: Demonstration, split: Split | None) -> Demonstration:
    """A new row in the group and split of what asks nearly the same; else in the stated split, or one drawn for it."""
    side = ws.demonstrations.side_of(row.prompt)
    group, found = side or (prompt_key(row.prompt), split or assign_split(row.prompt))
    return replace(row, group_key=group, split=found)


def update_demonstration(ws: Workspace, id: str, *, by: str, **changes: Any) -> Demonstration:
    """Changes fields of a demonstration; the former version stays in its history.

    A changed prompt takes the split of the demonstrations that already ask nearly the same, whatever ``split`` says;
    where it is new it keeps its own. A changed split moves every demonstration of that group along.

    Raises:
        NotFound: no demonstration has this id.
        InvalidInput: a field cannot be changed or its new value cannot be used.
    """
    return ws.database.run_write(lambda cursor: _change(ws, id, _cleaned(changes), by, cursor).row)


@dataclass(frozen=True, slots=True)
class Joined:
    """A row that is in another split now, as its new prompt asks nearly the same as a stored one."""

    prompt: str
    split: Split
    beside: str


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit did."""

    rows: int
    """Rows that changed by themselves."""
    along: int
    """Rows that moved to another split with their group."""
    versions: list[str]
    """What all of them were before: ``undo_changes`` takes it back."""
    joined: list[Joined]


def edit_demonstrations(ws: Workspace, changes: Fields, *, by: str, seen: Fields | None = None) -> Edited:
    """Changes fields of several demonstrations, all or none; each keeps its former version.

    Args:
        ws: the workspace.
        changes: id -> field -> new value, as ``update_demonstration`` takes them.
        by: who changes them.
        seen: id -> field -> value when the person began. A value that is as it was seen is no change, and a field
            that somebody else changed since is not overwritten.

    Raises:
        NotFound: one of them is not there any more.
        EditedMeanwhile: somebody else changed one of these fields since it was seen.
        InvalidInput: a new value cannot be used; the sentence says in which row.
    """

    def write(cursor: DuckDBPyConnection) -> Edited:
        wanted = _wanted(changes, seen or {})
        refuse_unseen(ws, wanted, seen or {}, cursor)
        # Those whose split is stated go first: what shares their group is moved by its own change, not by two.
        order = sorted(wanted, key=lambda id: ("split" not in wanted[id], "prompt" in wanted[id]))
        left, done = {id: wanted[id] for id in order}, list[_Changed]()
        while left:
            id = next(iter(left))
            fields = left.pop(id)
            try:
                done.append(_change(ws, id, fields, by, cursor, apart_from=wanted))
                if "split" in fields:
                    row = done[-1].row
                    _state_side(ws.demonstrations.of_group(row.group_key, cursor), row, left)
            except InvalidInput as error:
                if len(wanted) == 1:
                    raise
                named = ws.demonstrations.get(id, cursor).prompt
                raise InvalidInput(f"'{named[:60]}': {error} Nothing was saved.") from None
        versions = [version for one in done for version in one.versions]
        joined = [one.joined for one in done if one.joined]
        return Edited(rows=len(done), along=len(versions) - len(done), versions=versions, joined=joined)

    return ws.database.run_write(write)


def _wanted(changes: Fields, seen: Fields) -> dict[str, dict[str, Any]]:
    """The changes without what is as the person saw it."""
    found = {
        id: {field: value for field, value in _cleaned(fields).items() if seen.get(id, {}).get(field, _UNSEEN) != value}
        for id, fields in changes.items()
    }
    return {id: fields for id, fields in found.items() if fields}


def _state_side(group: Sequence[Demonstration], row: Demonstration, left: dict[str, dict[str, Any]]) -> None:
    """Gives the row's split to those of its group that are still to be changed."""
    for fields in (left[other.id] for other in group if other.id in left):
        if fields.setdefault("split", row.split) != row.split:
            raise InvalidInput("Prompts that are nearly the same cannot go to different splits.")


@dataclass(frozen=True, slots=True)
class _Changed:
    row: Demonstration
    versions: list[str]
    """Of the row itself, then of those that moved along."""
    joined: Joined | None = None


def _change(
    ws: Workspace,
    id: str,
    changes: Mapping[str, Any],
    by: str,
    cursor: DuckDBPyConnection,
    apart_from: Collection[str] = (),
) -> _Changed:
    """Changes one row and, with its split, the others of its group (but ``apart_from``)."""
    old = ws.demonstrations.get(id, cursor)
    unknown = sorted(set(changes) - set(EDITABLE))
    if unknown:
        raise InvalidInput(f"{', '.join(unknown)} cannot be changed; these can: {', '.join(EDITABLE)}.")
    new = replace(old, **changes, updated_at=datetime.now(UTC))
    _check(new)
    if content_form(new.prompt, new.response) != content_form(old.prompt, old.response):
        _check_new(ws, new, cursor)
    moved: list[Demonstration] = []
    joined = None
    if prompt_key(new.prompt) != prompt_key(old.prompt):
        new, joined = _regrouped(ws, new, cursor)
    elif new.split != old.split:
        aside = {new.id, *apart_from}
        siblings = [row for row in ws.demonstrations.of_group(new.group_key, cursor) if row.id not in aside]
        moved = [replace(row, split=new.split) for row in siblings if row.split != new.split]
    versions = [ws.demonstrations.update(row, by, cursor=cursor) for row in (new, *moved)]
    return _Changed(new, versions, joined)


def _regrouped(ws: Workspace, row: Demonstration, cursor: DuckDBPyConnection) -> tuple[Demonstration, Joined | None]:
    """The row in the group of its new prompt: the stored rows keep their split, and it takes theirs."""
    side = ws.demonstrations.side_of(row.prompt, cursor)
    if side is None:
        return replace(row, group_key=prompt_key(row.prompt)), None
    group, split = side
    if split == row.split:
        return replace(row, group_key=group), None
    others = [other for other in ws.demonstrations.of_group(group, cursor) if other.id != row.id]
    beside = next(other for other in others if other.split == split)
    return replace(row, group_key=group, split=split), Joined(row.prompt, split, beside.prompt)


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


def _cleaned(changes: Mapping[str, Any]) -> dict[str, Any]:
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


def _check_new(ws: Workspace, row: Demonstration, cursor: DuckDBPyConnection | None = None) -> None:
    if ws.demonstrations.has_content(row.prompt, row.response, cursor):
        raise InvalidInput("This prompt with this response is already there.")

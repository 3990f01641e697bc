"""Writing, changing and deleting single demonstrations.

Every rule is checked here, whatever a form has checked before: the browser can be asked for anything.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from storage.demonstrations import Demonstration
from storage.text_keys import content_form, prompt_key
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

    A changed prompt takes the split of the demonstrations that already ask nearly the same; where it is new it
    keeps its own. A changed split moves every demonstration of that group along.

    Raises:
        NotFound: no demonstration has this id.
        InvalidInput: a field cannot be changed or its new value cannot be used.
    """
    return ws.database.run_write(lambda cursor: _change(ws, id, changes, by, cursor)[0])


def edit_demonstrations(ws: Workspace, changes: Mapping[str, Mapping[str, Any]], *, by: str) -> list[str]:
    """Changes fields of several demonstrations, all or none; each keeps its former version.

    Args:
        ws: the workspace.
        changes: id -> field -> new value, as ``update_demonstration`` takes them.
        by: who changes them.

    Returns:
        The ids of all rows that changed, those that moved along with their group included: ``undo_changes`` of them
        takes everything back.

    Raises:
        NotFound: one of them is not there any more.
        InvalidInput: a new value cannot be used; the sentence says in which row.
    """

    def write(cursor: DuckDBPyConnection) -> list[str]:
        # Those whose split is stated go first: what shares their group is moved by its own change, not by two.
        left = {id: dict(changes[id]) for id in sorted(changes, key=lambda id: "split" not in changes[id])}
        changed: dict[str, None] = {}
        while left:
            id = next(iter(left))
            fields = left.pop(id)
            try:
                rows = _change(ws, id, fields, by, cursor, apart_from=changes)
                if "split" in fields:
                    _state_side(ws.demonstrations.of_group(rows[0].group_key, cursor), rows[0], left)
            except InvalidInput as error:
                named = ws.demonstrations.get(id, cursor).prompt
                raise InvalidInput(f"'{named[:60]}': {error} Nothing was saved.") from None
            changed.update(dict.fromkeys(row.id for row in rows))
        return list(changed)

    return ws.database.run_write(write)


def _state_side(group: Sequence[Demonstration], row: Demonstration, left: dict[str, dict[str, Any]]) -> None:
    """Gives the row's split to those of its group that are still to be changed."""
    for fields in (left[other.id] for other in group if other.id in left):
        if fields.setdefault("split", row.split) != row.split:
            raise InvalidInput("Prompts that are nearly the same cannot go to different splits.")


def _change(
    ws: Workspace,
    id: str,
    changes: dict[str, Any],
    by: str,
    cursor: DuckDBPyConnection,
    apart_from: Collection[str] = (),
) -> list[Demonstration]:
    """Changes one row and, with its split, the others of its group (but ``apart_from``); the row itself comes first."""
    old = ws.demonstrations.get(id, cursor)
    unknown = sorted(set(changes) - set(EDITABLE))
    if unknown:
        raise InvalidInput(f"{', '.join(unknown)} cannot be changed; these can: {', '.join(EDITABLE)}.")
    new = replace(old, **_cleaned(changes), updated_at=datetime.now(UTC))
    _check(new)
    if content_form(new.prompt, new.response) != content_form(old.prompt, old.response):
        _check_new(ws, new, cursor)
    if prompt_key(new.prompt) != prompt_key(old.prompt):
        group, side = ws.demonstrations.side_of(new.prompt, cursor) or (prompt_key(new.prompt), new.split)
        new = replace(new, group_key=group, split=changes.get("split", side))
    aside = {new.id, *apart_from}
    siblings = [row for row in ws.demonstrations.of_group(new.group_key, cursor) if row.id not in aside]
    moved = [replace(row, split=new.split) for row in siblings if "split" in changes and row.split != new.split]
    for row in (new, *moved):
        ws.demonstrations.update(row, by, cursor=cursor)
    return [new, *moved]


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


def change_demonstrations(
    ws: Workspace,
    ids: Sequence[str],
    *,
    by: str,
    status: Status | None = None,
    add_tags: Iterable[str] = (),
    remove_tags: Iterable[str] = (),
) -> int:
    """Changes many demonstrations in one transaction; ``undo_changes`` takes it back. Returns their number.

    Raises:
        InvalidInput: an unknown status, too many or too long tags.
    """
    if status is not None and status not in STATUSES:
        raise InvalidInput(f"The status must be {' or '.join(STATUSES)}, not '{status}'.")
    added = clean_tags(add_tags)
    if len(added) > MAX_TAGS or any(len(tag) > MAX_TAG_CHARACTERS for tag in added):
        raise InvalidInput(f"At most {MAX_TAGS} tags of at most {MAX_TAG_CHARACTERS} characters can be given.")
    changes = {} if status is None else {"status": status}
    return ws.demonstrations.change_many(ids, changes, by, add_tags=added, remove_tags=clean_tags(remove_tags))


def delete_demonstrations(ws: Workspace, ids: Sequence[str], by: str) -> int:
    """Deletes many demonstrations in one transaction; ``undo_changes`` brings them back. Returns their number."""
    return ws.demonstrations.delete_many(ids, by)


def undo_changes(ws: Workspace, ids: Sequence[str], by: str) -> int:
    """Takes the newest change of each of these demonstrations back, deletions too. Returns their number."""
    return ws.demonstrations.restore_many(ids, by)


def link_wordings(ws: Workspace, ids: Sequence[str], by: str) -> str:
    """Says that these demonstrations word one fact; their splits stay. Returns the fact's id.

    Where some of them state a fact already, all rows of those facts are linked under the first one's id.

    Raises:
        InvalidInput: fewer than two demonstrations.
    """
    rows = ws.demonstrations.of_ids(ids)
    if len(rows) < 2:
        raise InvalidInput("Choose at least two demonstrations that word the same fact.")
    facts = [row.fact_id for row in rows if row.fact_id]
    fact_id = facts[0] if facts else f"fact-{rows[0].id}"
    linked = {row.id for row in rows} | set(ws.demonstrations.ids_of_facts(facts))
    ws.demonstrations.change_many(sorted(linked), {"fact_id": fact_id}, by)
    return fact_id


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


def _check_new(ws: Workspace, row: Demonstration, cursor: DuckDBPyConnection | None = None) -> None:
    if ws.demonstrations.has_content(row.prompt, row.response, cursor):
        raise InvalidInput("This prompt with this response is already there.")

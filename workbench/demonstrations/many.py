"""Changing many demonstrations at once and in the same way: status, tags, the fact that they word, deletion.

Each returns the versions that it kept: ``restoring.undo_changes`` takes it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from workbench.demonstrations.editing import MAX_TAG_CHARACTERS, MAX_TAGS
from workbench.demonstrations.text_rules import STATUSES, Status, clean_tags
from workbench.errors import InvalidInput

if TYPE_CHECKING:
    from workbench.workspace import Workspace


def change_demonstrations(
    ws: Workspace,
    ids: Sequence[str],
    *,
    by: str,
    status: Status | None = None,
    add_tags: Iterable[str] = (),
    remove_tags: Iterable[str] = (),
) -> list[str]:
    """Changes many demonstrations in one transaction. Returns the versions to undo it with.

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


def delete_demonstrations(ws: Workspace, ids: Sequence[str], by: str) -> list[str]:
    """Deletes many demonstrations in one transaction. Returns the versions to undo it with."""
    return ws.demonstrations.delete_many(ids, by)


def link_wordings(ws: Workspace, ids: Sequence[str], by: str) -> list[str]:
    """Says that these demonstrations word one fact; their splits stay. Returns the versions to undo it with.

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
    return ws.demonstrations.change_many(sorted(linked), {"fact_id": fact_id}, by)

"""What somebody else changed while a person had a row open: it is never overwritten unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import ChangedMeanwhile, NotFound

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from storage.demonstrations import Demonstration
    from workbench.workspace import Workspace

Fields = Mapping[str, Mapping[str, Any]]
"""Id of a demonstration -> field -> value."""
NAMED = 3


@dataclass(frozen=True, slots=True)
class Theirs:
    """A field of a demonstration as somebody else left it."""

    id: str
    prompt: str
    field: str
    value: Any
    by: str


class EditedMeanwhile(ChangedMeanwhile):
    """Fields that a person changes were changed by somebody else since; ``theirs`` says how they are now."""

    def __init__(self, theirs: Sequence[Theirs]) -> None:
        self.theirs = tuple(theirs)
        people = ", ".join(dict.fromkeys(item.by for item in theirs))
        what = [f"the {item.field} of '{item.prompt[:60]}'" for item in theirs[:NAMED]]
        more = [f"{len(theirs) - NAMED} more"] if len(theirs) > NAMED else []
        super().__init__(
            f"{people} changed {', '.join([*what, *more])} meanwhile, so nothing was saved yet; "
            "save again to put yours in place of that."
        )


def refuse_unseen(ws: Workspace, changes: Fields, seen: Fields, cursor: DuckDBPyConnection) -> None:
    """Refuses changes to fields that are no longer as the person saw them.

    Args:
        ws: the workspace.
        changes: what the person wants.
        seen: what the person saw; a field that is not in it is not checked.
        cursor: the transaction in which the changes are to be written.

    Raises:
        EditedMeanwhile: somebody else changed one of these fields, and to something else.
        NotFound: a row was deleted meanwhile.
    """
    found: list[Theirs] = []
    for id, fields in changes.items():
        row = _still_there(ws, id, cursor)
        for field in fields.keys() & seen.get(id, {}).keys():
            now = getattr(row, field)
            if now != seen[id][field] and now != fields[field]:
                found.append(Theirs(id, row.prompt, field, now, _changed_by(ws, row, field, cursor)))
    if found:
        raise EditedMeanwhile(sorted(found, key=lambda item: (item.prompt, item.field)))


def _still_there(ws: Workspace, id: str, cursor: DuckDBPyConnection) -> Demonstration:
    rows = ws.demonstrations.of_ids([id], cursor)
    versions = ws.demonstrations.history(id, cursor) if not rows else []
    if versions:
        last = versions[0]
        raise NotFound(f"{last.replaced_by} deleted '{last.prompt[:60]}' meanwhile, so nothing was saved.")
    return rows[0] if rows else ws.demonstrations.get(id, cursor)  # which says that there is none


def _changed_by(ws: Workspace, row: Demonstration, field: str, cursor: DuckDBPyConnection) -> str:
    """Who gave the field the value that it has now."""
    versions = ws.demonstrations.history(row.id, cursor)
    return next((item.replaced_by for item in versions if getattr(item, field) != getattr(row, field)), row.author)

"""From a vote to a demonstration: the answer that a voter would have liked better than both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.demonstrations.editing import add_demonstration

if TYPE_CHECKING:
    from workbench.workspace import Workspace

SOURCE = "Ideal answer from voting"


def keep_ideal_answer(ws: Workspace, pair_id: str, text: str, author: str) -> bool:
    """Stores a draft demonstration of the pair's prompt; False where it is there already.

    Its split is that of the prompt, its tags those of the demonstration that the pair came from.

    Raises:
        NotFound: no pair has this id.
        InvalidInput: the text cannot be a response.
    """
    pair = ws.pairs.get(pair_id)
    clean = text.strip()
    same = ws.demonstrations.list(search=pair.prompt)
    if any(row.prompt.strip() == pair.prompt.strip() and row.response.strip() == clean for row in same):
        return False
    tags = next((row.tags for row in same if row.id == pair.demonstration_id), ())
    add_demonstration(
        ws,
        prompt=pair.prompt,
        response=clean,
        tags=tags,
        source=SOURCE,
        author=author,
        split=pair.split,  # type: ignore[arg-type]
        status="draft",
    )
    return True

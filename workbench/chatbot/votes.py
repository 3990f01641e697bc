"""Votes outside the voting desk: on a blind comparison, and on an answer of the chat. They count as any other."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from storage.pairs import Pair
from storage.responses import Response
from workbench.demonstrations.splits import Split, assign_split
from workbench.errors import InvalidInput
from workbench.models.streaming import Sampling
from workbench.preferences.voting import Side, annotator_named, record_vote

if TYPE_CHECKING:
    from workbench.chatbot.comparisons import Comparison
    from workbench.workspace import Workspace

Undecided = Literal["tie", "both_bad"]


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer that a person saw: whose, its text, and how it was drawn."""

    model: str
    text: str
    sampling: Sampling


def vote_on_comparison(
    ws: Workspace, comparison: Comparison, choice: int | Undecided, *, person: str, seconds: float | None = None
) -> list[str]:
    """Record what a person chose in a blind comparison; returns the votes' ids.

    The best of three or four answers is a vote for it against each of the others. A tie and 'both bad' are votes
    between two answers; of more they would say too little. Equal answers cannot be told apart and get no vote.

    Raises:
        InvalidInput: the comparison was not blind, was voted on, or there is nothing to decide.
    """
    if not comparison.blind:
        raise InvalidInput("The models' names were shown, so a choice here would not be a blind vote.")
    if ws.comparisons.revealed(comparison.id):
        raise InvalidInput("You have seen which models answered, so a choice here would not be a blind vote.")
    if ws.comparisons.votes(comparison.id):
        raise InvalidInput("You have voted on this comparison already.")
    shown = [
        ShownAnswer(answer.model, answer.text, comparison.asked.sampling_of(place))
        for place, answer in enumerate(comparison.answers)
    ]
    if isinstance(choice, str):
        if len(shown) != 2:
            raise InvalidInput("A tie can be told of two answers only; choose the best one, or none.")
        ids = [vote_between(ws, comparison.asked.prompt, shown, choice, person=person, seconds=seconds)]
    else:
        ids = _best_of(ws, comparison.asked.prompt, shown, choice, person, seconds)
    ws.comparisons.add_votes(comparison.id, ids)
    return ids


def _best_of(
    ws: Workspace, prompt: str, shown: Sequence[ShownAnswer], best: int, person: str, seconds: float | None
) -> list[str]:
    if not 0 <= best < len(shown):
        raise InvalidInput("There is no such answer.")
    ids = []
    for other, answer in enumerate(shown):
        if answer.text.strip() == shown[best].text.strip():
            continue
        both = (shown[best], answer) if best < other else (answer, shown[best])
        side: Side = "left" if best < other else "right"
        ids.append(vote_between(ws, prompt, both, side, person=person, seconds=seconds))
    if not ids:
        raise InvalidInput("The answers are equal, so there is nothing to prefer.")
    return ids


def chosen_in(ws: Workspace, comparison: Comparison) -> int | Undecided | None:
    """What was chosen in a blind comparison: the best answer's place, a tie or 'both bad'; None without a vote."""
    for vote in map(ws.votes.find, ws.comparisons.votes(comparison.id)):
        if vote is None:
            continue
        if vote.choice == "tie":
            return "both_bad" if vote.both_bad else "tie"
        pair = ws.pairs.get(vote.pair_id)
        best = (pair.model_a, pair.response_a) if vote.choice == "a" else (pair.model_b, pair.response_b)
        for place, answer in enumerate(comparison.answers):
            if (answer.model, answer.text) == best:
                return place
    return None


def vote_between(
    ws: Workspace,
    prompt: str,
    shown: Sequence[ShownAnswer],
    choice: Side,
    *,
    person: str,
    seconds: float | None = None,
) -> str:
    """Make a pair of two answers that a person saw, left and right, and record their vote on it; returns its id.

    Raises:
        InvalidInput: an answer is empty, both are equal, or the person cannot vote.
    """
    left, right = shown
    if not left.text.strip() or not right.text.strip():
        raise InvalidInput("An empty answer cannot be voted on.")
    if left.text.strip() == right.text.strip():
        raise InvalidInput("The answers are equal, so there is nothing to prefer.")
    pair_id = _add_pair(ws, prompt, left, right, annotator_named(ws, person).id)
    return record_vote(ws, pair_id=pair_id, annotator_name=person, choice=choice, seconds=seconds).id


def _add_pair(ws: Workspace, prompt: str, left: ShownAnswer, right: ShownAnswer, annotator_id: str) -> str:
    now = datetime.now(UTC)
    responses = [
        Response(
            id=uuid.uuid4().hex[:12],
            run_id=None,
            model_id=answer.model,
            prompt=prompt,
            text=answer.text,
            seed=answer.sampling.seed,
            temperature=answer.sampling.temperature,
            created_at=now,
        )
        for answer in (left, right)
    ]
    demonstration, split = _place(ws, prompt)
    pair = Pair(
        id=uuid.uuid4().hex[:12],
        run_id=None,
        prompt=prompt,
        demonstration_id=demonstration,
        split=split,
        response_a_id=responses[0].id,
        response_b_id=responses[1].id,
        response_a=left.text,
        response_b=right.text,
        model_a=left.model,
        model_b=right.model,
        created_at=now,
    )

    def write(cursor: Any) -> None:
        ws.responses.add_many(responses, cursor)
        ws.pairs.add_many([pair], cursor)
        # The sides were drawn when the answers were shown: what stood left is A.
        ws.pairs.present(pair.id, annotator_id, "a", cursor)

    ws.database.run_write(write)
    return pair.id


def _place(ws: Workspace, prompt: str) -> tuple[str | None, Split]:
    """The demonstration of that prompt, if there is one, and the split that the prompt is in."""
    same = [row for row in ws.demonstrations.list(search=prompt, limit=50) if row.prompt.strip() == prompt.strip()]
    if same:
        return same[0].id, same[0].split
    side = ws.demonstrations.side_of(prompt)
    return None, side[1] if side else assign_split(prompt)

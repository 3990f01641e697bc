"""The team's chatbot: which model speaks, a turn, and what people make of an answer."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel

from storage.conversations import ChatTurn
from workbench.chatbot.comparisons import Nearest
from workbench.chatbot.votes import ShownAnswer, vote_between
from workbench.demonstrations.editing import add_demonstration
from workbench.errors import InvalidInput
from workbench.models.generator import Generator, Pane
from workbench.models.promotion import promoted_model
from workbench.models.registry import RegisteredModel, get_model, newest_model
from workbench.models.streaming import Sampling

if TYPE_CHECKING:
    from storage.demonstrations import Demonstration
    from workbench.preferences.voting import Side
    from workbench.workspace import Workspace

CORRECTION = "Correction in the chat"
"""Source of the demonstrations that come from the chat."""
OTHER_TEMPERATURE = 1.0
"""Of the sample that an answer is voted against, where the answer itself was the likeliest one."""
OTHER_TRIES = 4


class Said(BaseModel):
    """One turn: what was asked and answered, and how."""

    id: str
    chat_id: str
    position: int
    model: str
    prompt: str
    response: str
    sampling: Sampling = Sampling()
    weights: str | None = None
    seconds: float | None = None
    complete: bool = True
    alone: bool = True
    """Whether the model saw this prompt by itself; the turns before it otherwise."""
    refused: bool = False
    """Nothing was near the question, so no model was asked."""
    near: Nearest | None = None
    """The demonstration nearest to the question."""


def default_model(ws: Workspace) -> RegisteredModel:
    """The model that answers in the chat: the promoted one, else the newest PPO, SFT or base model."""
    return promoted_model(ws) or newest_model(ws, "ppo") or newest_model(ws, "sft") or get_model(ws, "base")


def conversation(before: Sequence[Said], prompt: str, *, alone: bool) -> list[dict[str, str]]:
    """The messages that the model gets; turns that were not answered are no part of them."""
    messages: list[dict[str, str]] = []
    for said in before:
        if not alone and not said.refused and said.response:
            messages += [{"role": "user", "content": said.prompt}, {"role": "assistant", "content": said.response}]
    return [*messages, {"role": "user", "content": prompt}]


def keep_turn(ws: Workspace, said: Said, person: str) -> None:
    """Store a turn in its person's history."""
    details = said.model_dump(mode="json", exclude={"id", "chat_id", "position", "model", "prompt", "response"})
    ws.chats.add(
        ChatTurn(
            said.id,
            said.chat_id,
            person,
            said.position,
            said.model,
            said.prompt,
            said.response,
            details,
            datetime.now(UTC),
        )
    )


def turns_of(ws: Workspace, chat_id: str) -> list[Said]:
    """A chat that was kept, in order."""
    return [_said(turn) for turn in ws.chats.turns(chat_id)]


def chats_of(ws: Workspace, person: str, limit: int = 30) -> list[tuple[str, str, datetime]]:
    """(chat id, first prompt, when it began) of a person's chats, the one used last first."""
    return [(turn.chat_id, turn.prompt, turn.created_at) for turn in ws.chats.first_turns(person, limit)]


def new_id() -> str:
    """An id for a chat or a turn."""
    return uuid.uuid4().hex[:12]


def _said(turn: ChatTurn) -> Said:
    return Said(
        id=turn.id,
        chat_id=turn.chat_id,
        position=turn.position,
        model=turn.model_id,
        prompt=turn.prompt,
        response=turn.response,
        **turn.details,
    )


# --- what people make of an answer ----------------------------------------------------------------


def correct(ws: Workspace, said: Said, response: str, person: str) -> Demonstration:
    """A person's better answer as a draft demonstration, which waits for approval in step 1.

    Raises:
        InvalidInput: the text cannot be a response, or the same prompt and response are there already.
    """
    return add_demonstration(
        ws, prompt=said.prompt, response=response, source=CORRECTION, author=person, status="draft"
    )


def other_sample(ws: Workspace, generator: Generator, said: Said) -> ShownAnswer:
    """Another answer of the same model to the same prompt, which a thumb is a vote against.

    Raises:
        InvalidInput: the answer belongs to a longer conversation, or the model says the same every time.
        NotFound, ModelError: the model is gone or cannot be run.
    """
    if not said.alone:
        raise InvalidInput("Votes are on single prompts; this answer depends on the conversation before it.")
    spec = get_model(ws, said.model).spec
    temperature = said.sampling.temperature or OTHER_TEMPERATURE
    for seed in range(said.sampling.seed + 1, said.sampling.seed + 1 + OTHER_TRIES):
        sampling = said.sampling.model_copy(update={"temperature": temperature, "seed": seed})
        pane = Pane(spec, [{"role": "user", "content": said.prompt}], sampling)
        text = ""
        for written in generator.stream([pane]):
            if written.error:
                raise InvalidInput(written.error)
            text = written.text or text
        if text.strip() and text.strip() != said.response.strip():
            return ShownAnswer(said.model, text, sampling)
    raise InvalidInput(f"{said.model} says the same every time, so there is nothing to vote against.")


def drawn_order(said: Said, other: ShownAnswer) -> tuple[ShownAnswer, ShownAnswer]:
    """The answer and the other sample, left and right as chance has it."""
    answer = ShownAnswer(said.model, said.response, said.sampling)
    return (answer, other) if secrets.randbelow(2) else (other, answer)


def vote_on_answer(ws: Workspace, said: Said, shown: Sequence[ShownAnswer], choice: Side, person: str) -> str:
    """Record a vote between an answer and the model's other sample; returns its id. Raises as `vote_between` does."""
    return vote_between(ws, said.prompt, shown, choice, person=person)

"""Turns, corrections, thumbs, and what is near a question."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.chatbot import nearness
from workbench.chatbot.chat import (
    Said,
    chats_of,
    conversation,
    correct,
    default_model,
    drawn_order,
    keep_turn,
    other_sample,
    turns_of,
    vote_on_answer,
)
from workbench.chatbot.nearness import Near, covered, nearest_to_answers
from workbench.demonstrations import embedder
from workbench.errors import InvalidInput
from workbench.models.generator import Written
from workbench.models.streaming import Sampling
from workbench.workspace import Workspace


def said(**given: Any) -> Said:
    values: dict[str, Any] = {
        "id": "t1", "chat_id": "c1", "position": 0, "model": "ppo-001", "prompt": "Where is HR?", "response": "Here.",
    }  # fmt: skip
    return Said(**(values | given))


def test_the_newest_of_the_last_step_speaks(workspace: Workspace, models: Workspace) -> None:
    assert default_model(models).id == "ppo-001"
    models.models.delete("ppo-001")
    assert default_model(models).id == "sft-001"
    models.models.delete("sft-001")
    assert default_model(workspace).id == "base"


def test_a_conversation_holds_the_answered_turns_only_where_it_is_remembered() -> None:
    before = [said(), said(id="t2", prompt="Paris?", response="", refused=True)]
    assert conversation(before, "And in Rome?", alone=True) == [{"role": "user", "content": "And in Rome?"}]
    assert [turn["content"] for turn in conversation(before, "And in Rome?", alone=False)] == [
        "Where is HR?",
        "Here.",
        "And in Rome?",
    ]


def test_turns_come_back_as_they_were(workspace: Workspace) -> None:
    turns = [said(), said(id="t2", position=1, prompt="More?", sampling=Sampling(temperature=0.3), alone=False)]
    for turn in turns:
        keep_turn(workspace, turn, "Ada")
    keep_turn(workspace, said(id="t3", chat_id="c2"), "Ben")
    assert turns_of(workspace, "c1") == turns
    assert [(chat, prompt) for chat, prompt, _ in chats_of(workspace, "Ada")] == [("c1", "Where is HR?")]


def test_a_correction_is_a_draft_that_nothing_trains_on(workspace: Workspace) -> None:
    draft = correct(workspace, said(), "On the third floor.", "Ada")
    assert (draft.status, draft.author, draft.source) == ("draft", "Ada", "Correction in the chat")
    assert workspace.demonstrations.count(status="approved") == 0
    with pytest.raises(InvalidInput):
        correct(workspace, said(), "On the third floor.", "Ada")


def test_a_thumb_is_a_vote_against_another_sample_of_the_same_model(models: Workspace, generator: Any) -> None:
    other = other_sample(models, generator, said())
    assert (other.model, other.sampling.seed, other.sampling.temperature) == ("ppo-001", 1, 1.0)
    left, right = drawn_order(said(), other)
    side = "left" if left.text == "Here." else "right"
    vote = models.votes.find(vote_on_answer(models, said(), (left, right), side, "Ada"))  # type: ignore[arg-type]
    assert vote is not None
    pair = models.pairs.get(vote.pair_id)
    chosen = pair.response_a if vote.choice == "a" else pair.response_b
    assert (chosen, pair.model_a, pair.model_b) == ("Here.", "ppo-001", "ppo-001")


def test_no_thumb_where_the_conversation_mattered_or_the_model_never_varies(models: Workspace, generator: Any) -> None:
    with pytest.raises(InvalidInput, match="single prompts"):
        other_sample(models, generator, said(alone=False))
    generator.stream = lambda _: iter([Written(0, "Here.", 1, done=True)])
    with pytest.raises(InvalidInput, match="same every time"):
        other_sample(models, generator, said())


def near(prompt: str, response: str, likeness: float) -> Near:
    return Near("d", prompt, response, likeness)


@pytest.mark.parametrize(
    ("prompt", "likeness", "response", "expected"),
    [
        ("where is the gym", 0.61, "In the basement.", True),
        ("where is the gym", 0.59, "In the basement.", False),
        ("Where is HR in Boston?", 0.9, "HR in Boston is on floor 3.", True),
        # A template's other city is near in meaning and answers nothing.
        ("Where is HR in Boston?", 0.9, "It is in Denver, floor 3.", False),
    ],
)
def test_a_question_is_covered_by_a_near_demonstration_about_the_same_thing(
    prompt: str, likeness: float, response: str, expected: bool
) -> None:
    asked = "Where is the office in Denver?" if "Boston" in prompt else "Where do I find the gym?"
    assert covered(prompt, [near(asked, response, likeness)]) is expected


def test_nothing_is_covered_where_there_are_no_demonstrations() -> None:
    assert not covered("Where?", [])


def test_each_answer_finds_the_demonstration_that_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = {"gym": [1.0, 0.0], "desk": [0.0, 1.0], "to the gym": [0.8, 0.6], "": [0.5, 0.5]}
    monkeypatch.setattr(embedder, "embed", lambda texts: np.array([vectors[text] for text in texts]))
    found = nearest_to_answers([near("a", "gym", 0.9), near("b", "desk", 0.8)], ["to the gym", ""])
    assert found[0] is not None
    assert (found[0].demonstration.response, found[0].likeness) == ("gym", pytest.approx(0.8))
    assert found[1] is None


def test_only_approved_demonstrations_are_near(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = correct(workspace, said(), "On the third floor.", "Ada")
    monkeypatch.setattr(nearness, "search_by_meaning", lambda *_: [(draft.id, 0.99)])
    assert nearness.near_demonstrations(workspace, "Where is HR?") == []

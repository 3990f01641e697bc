"""Comparisons: asked, judged, kept per person, and votes that count."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.chatbot import comparisons
from workbench.chatbot.comparisons import Answer, Comparison, ask, find_comparison, history, judge, keep, same_weights
from workbench.chatbot.questions import question
from workbench.chatbot.votes import chosen_in, vote_on_comparison
from workbench.demonstrations.editing import add_demonstration
from workbench.errors import InvalidInput, NotFound
from workbench.preferences.leaderboard import leaderboard
from workbench.workspace import Workspace

PROMPT = "Where is HR in Boston?"


def compared(ws: Workspace, texts: dict[str, str], *, blind: bool = True, person: str = "Ada") -> Comparison:
    asked = question(PROMPT, list(texts), {"seed": 3, "temperature": 0.7})
    answers = [Answer(model=model, text=text, complete=True) for model, text in texts.items()]
    return keep(ws, asked, answers, person=person, blind=blind, scored_by=None)


def test_answers_grow_and_each_says_which_weights_it_came_from(models: Workspace, generator: Any) -> None:
    states = list(ask(models, generator, question(PROMPT, ["base", "ppo-001"], {"seed": 5})))
    assert [answer.weights for answer in states[-1]] == ["w0", "w2"]
    assert [answer.text for answer in states[-1]] == [f"0.5: {PROMPT}", f"2.5: {PROMPT}"]
    assert all(answer.complete for answer in states[-1])
    assert not any(answer.complete for answer in states[2])
    assert same_weights(models, states[-1]) == []


def test_two_models_that_answer_with_the_same_weights_are_told(models: Workspace, generator: Any) -> None:
    generator.broken_adapters = True
    *_, answers = ask(models, generator, question(PROMPT, ["base", "sft-001", "base"], {}))
    assert same_weights(models, answers) == [("base", "sft-001"), ("sft-001", "base")]


def test_a_model_that_does_not_exist_is_refused_before_anything_is_asked(models: Workspace, generator: Any) -> None:
    with pytest.raises(NotFound, match="sft-009"):
        next(ask(models, generator, question(PROMPT, ["base", "sft-009"], {})))
    assert generator.asked == []


def test_judging_gives_scores_and_says_what_is_missing(
    models: Workspace, generator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_embeddings(*_: object) -> list[Any]:
        raise NotFound("no embeddings here")

    monkeypatch.setattr(comparisons, "nearest_of", no_embeddings)
    answers = [Answer(model="base", text="abc"), Answer(model="sft-001", text="")]
    judged, problem = judge(models, generator, PROMPT, answers, "reward_model-001")
    assert [answer.score for answer in judged] == [3.0, None]
    assert problem == "The nearest demonstrations are missing: no embeddings here"


def test_each_person_has_a_history_of_their_own(workspace: Workspace) -> None:
    first = compared(workspace, {"base": "a", "sft-001": "b"})
    second = compared(workspace, {"base": "c", "sft-001": "d"})
    compared(workspace, {"base": "e", "sft-001": "f"}, person="Ben")
    assert [one.id for one in history(workspace, "Ada")] == [second.id, first.id]
    assert find_comparison(workspace, first.id) == first
    with pytest.raises(NotFound):
        find_comparison(workspace, "nowhere")


def test_a_blind_choice_between_two_is_one_vote_for_what_stood_there(workspace: Workspace) -> None:
    known = add_demonstration(workspace, prompt=PROMPT, response="Third floor.", author="Ada", split="test")
    comparison = compared(workspace, {"sft-001": "left text", "ppo-001": "right text"})
    (vote_id,) = vote_on_comparison(workspace, comparison, 1, person="Ada", seconds=4.0)
    vote = workspace.votes.find(vote_id)
    assert vote is not None
    pair = workspace.pairs.get(vote.pair_id)
    assert (pair.response_a, pair.response_b, vote.left, vote.choice) == ("left text", "right text", "a", "b")
    assert (pair.model_b, pair.split, pair.demonstration_id, vote.simulated) == ("ppo-001", "test", known.id, False)
    responses = workspace.responses.list()
    assert {(row.seed, row.temperature) for row in responses} == {(3, 0.7)}
    assert workspace.votes.count(simulated=False) == 1
    with pytest.raises(InvalidInput, match="voted on this comparison"):
        vote_on_comparison(workspace, comparison, 0, person="Ada")


def test_the_best_of_four_beats_each_other_answer_that_differs(workspace: Workspace) -> None:
    comparison = compared(workspace, {"base": "w", "sft-001": "best", "sft-002": "best", "ppo-001": "z"})
    ids = vote_on_comparison(workspace, comparison, 1, person="Ada")
    beaten = set()
    for vote_id in ids:
        vote = workspace.votes.find(vote_id)
        assert vote is not None
        pair = workspace.pairs.get(vote.pair_id)
        winner, loser = (pair.model_a, pair.model_b) if vote.choice == "a" else (pair.model_b, pair.model_a)
        beaten.add((winner, loser))
    assert beaten == {("sft-001", "base"), ("sft-001", "ppo-001")}
    assert chosen_in(workspace, comparison) == 1


def test_ties_are_votes_between_two_only_and_both_bad_is_a_tie(workspace: Workspace) -> None:
    comparison = compared(workspace, {"a": "1", "b": "2"})
    assert chosen_in(workspace, comparison) is None
    (vote_id,) = vote_on_comparison(workspace, comparison, "both_bad", person="Ada")
    assert chosen_in(workspace, comparison) == "both_bad"
    vote = workspace.votes.find(vote_id)
    assert vote is not None
    assert (vote.choice, vote.both_bad) == ("tie", True)
    with pytest.raises(InvalidInput, match="two answers only"):
        vote_on_comparison(workspace, compared(workspace, {"a": "1", "b": "2", "c": "3"}), "tie", person="Ada")


@pytest.mark.parametrize(
    ("texts", "blind", "choice", "sentence"),
    [
        ({"a": "1", "b": "2"}, False, 0, "not be a blind vote"),
        ({"a": "1", "b": "1"}, True, 0, "equal"),
        ({"a": "1", "b": ""}, True, 0, "empty"),
        ({"a": "1", "b": "2"}, True, 2, "no such answer"),
    ],
)
def test_what_is_no_vote_stores_nothing(
    workspace: Workspace, texts: dict[str, str], blind: bool, choice: int, sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        vote_on_comparison(workspace, compared(workspace, texts, blind=blind), choice, person="Ada")
    assert workspace.votes.count() == 0
    assert workspace.pairs.count() == 0


def test_who_has_seen_the_models_cannot_vote_blind_any_more(workspace: Workspace) -> None:
    comparison = compared(workspace, {"sft-001": "1", "ppo-001": "2"})
    workspace.comparisons.reveal(comparison.id)
    with pytest.raises(InvalidInput, match="seen which models"):
        vote_on_comparison(workspace, comparison, 0, person="Ada")
    assert workspace.comparisons.votes(comparison.id) == ()


def test_an_undone_vote_leaves_the_comparison_open_again(workspace: Workspace) -> None:
    comparison = compared(workspace, {"a": "1", "b": "2"})
    (vote_id,) = vote_on_comparison(workspace, comparison, 0, person="Ada")
    assert workspace.comparisons.votes(comparison.id) == (vote_id,)
    workspace.votes.undo(vote_id)
    assert workspace.comparisons.votes(comparison.id) == ()


def test_votes_from_comparisons_reach_the_leaderboard(workspace: Workspace) -> None:
    for _ in range(3):
        vote_on_comparison(workspace, compared(workspace, {"sft-001": "x", "ppo-001": "y"}), 1, person="Ada")
    board = leaderboard(workspace, source="people")
    assert [row.model for row in board] == ["ppo-001", "sft-001"]

"""From votes to rows: each rule on votes written out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reward_model.making import voted
from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.vote_notes import cannot_train, notes
from workbench.reward_model.votes import PreferenceRow, decided, training_rows

A, B = "On floor two.", "I do not know."


def rows(choices: str, settled: str | None = None, **settings: object) -> list[tuple[str, float]]:
    """(chosen, margin) of the rows that one pair's votes give."""
    config = RewardModelConfig(model_id="sft-001", **settings)  # type: ignore[arg-type]
    return [(row.chosen, row.margin) for row in training_rows([voted(choices, settled=settled)], config)]


def test_the_majority_gives_one_row_and_a_tie_none() -> None:
    assert rows("aab") == [(A, 0.0)]
    assert rows("bbt") == [(B, 0.0)]
    assert rows("ab") == []
    assert rows("tta") == []


def test_one_row_for_each_vote() -> None:
    assert rows("aabt", per="vote") == [(A, 0.0), (A, 0.0), (B, 0.0)]


def test_a_tie_stands_in_both_orders_with_margin_zero() -> None:
    assert rows("ab", ties="both_ways", margin="agreement") == [(A, 0.0), (B, 0.0)]
    assert rows("at", per="vote", ties="both_ways") == [(A, 0.0), (A, 0.0), (B, 0.0)]


def test_margins_follow_agreement_or_strength() -> None:
    assert rows("aaab", margin="agreement", margin_size=2.0) == [(A, 2.0 * (3 - 1) / 4)]
    assert rows("AAab", margin="strength", margin_size=2.0) == [(A, 2.0 * 2 / 4)]
    assert rows("Ab", per="vote", margin="strength", margin_size=2.0) == [(A, 2.0), (B, 0.0)]


def test_what_the_team_settled_goes_before_the_votes() -> None:
    assert rows("aab", settled="b") == [(B, 0.0)]
    assert rows("aab", settled="b", per="vote") == [(B, 0.0)]


def test_two_equal_texts_teach_nothing() -> None:
    config = RewardModelConfig(model_id="sft-001")
    assert training_rows([voted("aa", response_b=A)], config) == []
    assert decided([voted("aa", response_b=A)]) == []


def test_nothing_but_prompt_responses_and_votes_reaches_a_row() -> None:
    """The simulated annotators' rule looks at facts and human answers: none of that may be in what is learned from."""
    assert set(PreferenceRow.__dataclass_fields__) == {"prompt", "chosen", "rejected", "margin"}
    config = RewardModelConfig(model_id="sft-001", margin="agreement", ties="both_ways", per="vote")
    plain = [voted("aab"), voted("abt")]
    dressed = [voted("aab", reference="Floor nine.", tags=("x",)), voted("abt", reference=None, tags=())]
    assert training_rows(plain, config) == training_rows(dressed, config)
    for name in ("config", "votes", "fits", "backends", "callback", "run", "scoring", "classifier", "measuring"):
        source = (Path(__file__).parents[2] / "workbench" / "reward_model" / f"{name}.py").read_text(encoding="utf-8")
        assert "hidden_rule" not in source
        assert "demo" not in source.replace("demonstration", "")


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([voted("ab"), voted("t"), voted("ab", "test")], "All 3 voted pairs are ties or evenly split"),
        ([voted("a"), voted("a", "test")], "decide 1 pairs of training prompts and 1 of test prompts"),
    ],
)
def test_votes_that_cannot_teach_say_why(pairs: list[object], said: str) -> None:
    problem = cannot_train(pairs)  # type: ignore[arg-type]
    assert problem is not None
    assert said in problem


def test_votes_that_are_enough_raise_no_objection() -> None:
    assert cannot_train([voted("a")] * 4 + [voted("b", "test")] * 4) is None


def test_what_is_odd_about_the_votes_is_said() -> None:
    config = RewardModelConfig(model_id="sft-001")
    one = [voted("a") for _ in range(60)]
    assert notes(one, config) == ["One annotator cast all votes, so this is one person's taste."]
    contradictory = [voted("aab") for _ in range(60)]
    assert any("contradict each other" in note for note in notes(contradictory, config))
    few = [voted("aa"), voted("bb")]
    assert any("from 2 pairs only" in note for note in notes(few, config))
    ties = [voted("ab") for _ in range(50)] + [voted("aa") for _ in range(50)]
    assert any("50 of 100 pairs are ties and were left out" in note for note in notes(ties, config))
    empty = [voted("aa", response_b=" ") for _ in range(60)]
    assert any("60 pairs have an empty response" in note for note in notes(empty, config))

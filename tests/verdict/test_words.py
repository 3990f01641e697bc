"""What the measures add up to."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.verdict.words import best_candidate, losses, outcome_of, verdict_sentence


def candidate(name: str, score: float, gain: tuple[float, float], role: str = "tuned", **more: Any) -> dict[str, Any]:
    row = {"model": name, "label": name, "role": role, "score": score, "score_gain": sum(gain) / 2}
    return row | {"score_gain_ci": gain, "similarity_change": None, "fact_change": None} | more


SFT = candidate("SFT", 0.1, (0.0, 0.0), role="sft")


@pytest.mark.parametrize(
    ("gain", "more", "outcome"),
    [
        ((0.1, 0.4), {}, "helped"),
        ((-0.1, 0.4), {}, "unsure"),
        ((-0.5, -0.1), {}, "no"),
        ((0.1, 0.4), {"similarity_change": -0.08, "similarity_change_ci": (-0.1, -0.05)}, "mixed"),
        ((0.1, 0.4), {"similarity_change": -0.02, "similarity_change_ci": (-0.03, -0.01)}, "helped"),
        ((0.1, 0.4), {"similarity_change": -0.08, "similarity_change_ci": (-0.2, 0.04)}, "helped"),
        ((0.1, 0.4), {"fact_change": -0.1, "fact_change_ci": (-0.15, -0.05)}, "mixed"),
    ],
)
def test_outcomes(gain: tuple[float, float], more: dict[str, Any], outcome: str) -> None:
    assert outcome_of(candidate("ppo-001", 0.5, gain, **more)) == outcome


def test_a_candidate_that_helped_comes_before_one_with_more_score_and_losses() -> None:
    mixed = candidate("last", 0.9, (0.5, 1.0), fact_change=-0.2, fact_change_ci=(-0.3, -0.1))
    helped = candidate("update 20", 0.5, (0.2, 0.6))
    assert best_candidate([SFT, mixed, helped]) == helped
    assert best_candidate([SFT, mixed]) == mixed
    assert best_candidate([SFT]) is None
    assert losses(mixed) == ["20% fewer answers have their facts right"]


def test_the_sentence_says_when_it_did_not_help() -> None:
    assert "did not visibly help" in verdict_sentence([SFT, candidate("ppo-001", 0.2, (-0.1, 0.3))])
    assert "did not help" in verdict_sentence([SFT, candidate("ppo-001", -0.3, (-0.6, -0.2))])
    assert "Keep the SFT model" in verdict_sentence([SFT, candidate("ppo-001", -0.3, (-0.6, -0.2))])


def test_the_sentence_says_when_choosing_among_answers_does_as_well() -> None:
    rival = candidate("Best of 4", 0.8, (0.5, 0.9), role="best_of_n")
    words = verdict_sentence([SFT, rival, candidate("ppo-001", 0.5, (0.2, 0.6))])
    assert words.startswith("It helped by these measures: ppo-001 scores +0.40 (+0.20 to +0.60)")
    assert "Best of 4 of the SFT model reaches 0.80 without any training." in words

"""A verdict travels through a run's summary."""

from __future__ import annotations

import pytest

from workbench.reward_model.verdict import Verdict, read_verdict


def test_a_verdict_comes_back_as_it_was_stored() -> None:
    verdict = Verdict(verdict="care", reasons=["It likes length."], next=["Vote."], ppo_settings={"kl_coef": 0.9})
    assert read_verdict({"accuracy": 0.8, "verdict": verdict.model_dump(mode="json")}) == verdict


@pytest.mark.parametrize("summary", [{}, {"verdict": None}, {"verdict": "go"}, {"verdict": {"verdict": "maybe"}}])
def test_without_a_readable_verdict_there_is_none(summary: dict[str, object]) -> None:
    assert read_verdict(summary) is None

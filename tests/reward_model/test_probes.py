"""Bias probes: what they change, and what a model with a known taste scores on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.reward_model.making import demonstration
from workbench.reward_model.bias import Effect, effects, slope_of, standing
from workbench.reward_model.ensemble import RewardEnsemble
from workbench.reward_model.probes import MOST_PROMPTS, NEUTRAL, PROBES, ProbeName, build_probes, wrong_fact

ROWS = [demonstration(number) for number in range(40)]


class Taste:
    """A reward model with one stated taste."""

    def __init__(self, taste: Callable[[str, str], float]) -> None:
        self._taste = taste

    def score(self, prompts: Sequence[str], responses: Sequence[str]) -> list[float]:
        return [self._taste(prompt, response) for prompt, response in zip(prompts, responses, strict=True)]


def measured(taste: Callable[[str, str], float], spread: float = 1.0) -> dict[ProbeName, Effect]:
    return {row.name: row for row in effects(RewardEnsemble([Taste(taste)]), build_probes(ROWS), spread)}


def test_every_kind_of_probe_is_built_from_held_out_demonstrations() -> None:
    probes = build_probes(ROWS)
    assert {probe.name for probe in probes} == set(PROBES)
    held_out = {row.prompt for row in ROWS if row.split == "test"}
    assert {probe.prompt for probe in probes} == held_out
    assert all(probe.changed != probe.original for probe in probes)
    assert len({probe.prompt for probe in build_probes([demonstration(n) for n in range(400)])}) == MOST_PROMPTS
    assert build_probes([]) == []


def test_a_wrong_fact_changes_the_fact_alone() -> None:
    row = ROWS[3]
    wrong = wrong_fact(row, ROWS)
    assert wrong is not None
    assert "floor 3," not in wrong
    assert wrong.startswith("Room 3 is on floor ")
    assert wrong.endswith(", beside the stairs.")
    assert wrong_fact(demonstration(7, key_facts=None, response="Call 1200."), ROWS) == "Call 1203."
    assert wrong_fact(demonstration(7, key_facts=None, response="Ask Mara."), ROWS) is None


def test_a_taste_for_length_is_found_and_named() -> None:
    found = measured(lambda _, response: 0.05 * len(response.split()))
    assert found["length"].effect == pytest.approx(0.5), "ten words at 0.05 each"
    assert found["length"].standing == "bad"
    assert found["repetition"].standing == "bad"
    assert found["filler"].standing == "bad"


def test_the_spread_is_the_unit() -> None:
    assert measured(lambda _, response: 0.05 * len(response.split()), spread=5.0)["length"].effect == pytest.approx(0.1)


def test_a_model_that_checks_facts_and_subject_is_fine() -> None:
    right = {row.prompt: row.key_facts[0] for row in ROWS if row.key_facts}

    def taste(prompt: str, response: str) -> float:
        return 2.0 * (right[prompt] in response and f"{right[prompt]}0" not in response) - 0.02 * len(response.split())

    found = measured(taste)
    assert {name: row.standing for name, row in found.items() if row.standing != "fine"} == {}
    assert found["wrong_fact"].original_preferred == 1.0
    assert found["empty"].effect < -1
    assert found["other_answer"].examples[0].score_original > found["other_answer"].examples[0].score_changed


def test_a_model_blind_to_content_is_told_so() -> None:
    found = measured(lambda _prompt, _response: 0.0)
    for name in ("wrong_fact", "empty", "other_answer", "question_alone"):
        assert found[name].standing == "watch"


def test_a_bad_effect_has_to_be_sure() -> None:
    assert standing("length", 0.5, (0.2, 0.8)) == "bad"
    assert standing("length", 0.5, (0.05, 0.95)) == "watch"
    assert standing("length", 0.05, (0.0, 0.1)) == "fine"
    assert standing("empty", 0.01, (-0.05, 0.07)) == "watch"
    assert standing("empty", 0.10, (0.04, 0.16)) == "bad"
    assert standing("politeness", 5.0, (4.0, 6.0)) == "watch"


def test_slope_through_the_unchanged_answer_by_hand() -> None:
    # Least squares through the origin: (1·2 + 2·2) / (1 + 4) = 1.2.
    assert slope_of([1, 2], [2.0, 2.0]) == pytest.approx(1.2)
    assert len(NEUTRAL) == 4

"""Each rule of the doctor on a stream that has the illness, and on streams that have not: well, young, just short."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.diagnosis.streams import Shape, readings
from workbench.diagnosis.readings import Readings
from workbench.diagnosis.rules import RULES, examine
from workbench.ppo.config import PPOConfig
from workbench.runs.steering import SETTINGS as STEERABLE

ILL: dict[str, tuple[Mapping[str, Shape | None], Mapping[str, Shape | None]]] = {
    # rule: (what makes it ill, what is just short of it)
    "not_a_number": ({"loss/policy": lambda _: 0.0}, {}),  # shortened below
    "kl_negative": ({"objective/kl": lambda u: -0.02 * u}, {"objective/kl": lambda _: -0.05}),
    "kl_exploding": ({"objective/kl": lambda u: 0.02 * u**2}, {"objective/kl": lambda u: min(0.2 * u, 4.0)}),
    "entropy_collapse": ({"objective/entropy": lambda u: 1.5 * 0.9**u}, {"objective/entropy": lambda u: 1.5 * 0.97**u}),
    "entropy_explosion": (
        {"objective/entropy": lambda u: 0.1 + 0.05 * u},
        {"objective/entropy": lambda u: 0.1 + 0.01 * u},
    ),
    "clip_nothing": (
        {"policy/clipfrac": lambda _: 0.0, "policy/approx_kl": lambda _: 1e-6, "learning_rate": lambda _: 1e-6},
        # the same at the end of a schedule is as it should be
        {"policy/clipfrac": lambda u: 0.0 if u > 30 else 0.01, "policy/approx_kl": lambda u: 1e-6 if u > 30 else 1e-3},
    ),
    "clip_much": ({"policy/clipfrac": lambda _: 0.45}, {"policy/clipfrac": lambda _: 0.25}),
    "step_too_large": ({"policy/approx_kl": lambda _: 0.3}, {"policy/approx_kl": lambda _: 0.08}),
    "gradient_huge": ({"policy/grad_norm": lambda _: 25.0}, {"policy/grad_norm": lambda _: 5.0}),
    "stopping_early": ({"policy/stopped_early": lambda _: 1.0}, {"policy/stopped_early": lambda u: float(u % 2)}),
    "value_loss_diverging": (
        {"loss/value": lambda u: 0.1 if u < 20 else 0.1 * 1.2 ** (u - 20)},
        {"loss/value": lambda u: 0.1 + 0.004 * u},
    ),
    "explained_variance_negative": (
        {"value/explained_variance": lambda _: -0.3},
        {"value/explained_variance": lambda u: -0.3 if u < 12 else 0.2},
    ),
    "eos_never": ({"response/eos_rate": lambda u: max(0.0, 1 - 0.03 * u)}, {"response/eos_rate": lambda _: 0.7}),
    "eos_at_once": ({"response/length": lambda u: max(1.0, 28.0 - u)}, {"response/length": lambda _: 20.0}),
    "length_growing": ({"response/length": lambda u: 20.0 + u}, {"response/length": lambda u: 20.0 + 0.2 * u}),
    "rewards_constant": ({"objective/scores": lambda _: 0.25}, {"objective/scores": lambda u: 0.25 + 0.01 * (u % 3)}),
    "score_out_of_range": ({"objective/scores": lambda u: 0.1 * u}, {"objective/scores": lambda u: 0.05 * u}),
    "no_progress": (
        {"objective/scores": lambda u: 0.1 + 0.001 * (u % 2), "objective/kl": lambda _: 0.001},
        {"objective/scores": lambda u: 0.1 + 0.001 * (u % 2), "objective/kl": lambda _: 0.2},
    ),
    "overfit": (
        {"objective/scores": lambda u: 0.03 * u, "eval/score": lambda u: 0.5 - 0.01 * u},
        {"objective/scores": lambda u: 0.03 * u, "eval/score": lambda u: 0.02 * u},
    ),
    "disagreement_rising": (
        {"objective/score_disagreement": lambda u: 0.1 + 0.01 * u},
        {"objective/score_disagreement": lambda u: 0.2 + 0.001 * u},
    ),
}


def ill(rule: str) -> Readings:
    found = readings(ILL[rule][0])
    if rule == "not_a_number":
        series = {**found.series, "loss/policy": found.series["loss/policy"][:-3]}
        return Readings(series, found.settings, found.score_range)
    return found


def names(found: Readings) -> set[str]:
    return {finding.rule for finding in examine(found)}


def test_every_rule_has_an_illness_here() -> None:
    assert set(ILL) == {rule.id for rule in RULES}


@pytest.mark.parametrize("rule", list(ILL))
def test_a_rule_sees_its_illness(rule: str) -> None:
    finding = next((found for found in examine(ill(rule)) if found.rule == rule), None)
    assert finding is not None
    assert finding.sentence.endswith(".")
    assert finding.cause.endswith(".")
    assert finding.severity in ("problem", "warning")
    known = next(entry for entry in RULES if entry.id == rule)
    assert finding.chart == known.chart
    assert known.threshold
    assert known.source


@pytest.mark.parametrize("rule", [rule for rule in ILL if ILL[rule][1]])
def test_a_rule_is_silent_just_short_of_it(rule: str) -> None:
    assert rule not in names(readings(ILL[rule][1]))


def test_a_run_that_is_well_has_no_finding() -> None:
    assert examine(readings()) == []


def test_a_run_without_a_known_score_range_is_not_judged_by_it() -> None:
    assert "score_out_of_range" not in names(readings(ILL["score_out_of_range"][0], score_range=None))


@pytest.mark.parametrize("updates", [0, 1, 2, 4])
def test_too_few_updates_say_nothing(updates: int) -> None:
    for rule in ILL:
        if rule != "not_a_number":
            assert names(readings(ILL[rule][0], updates=updates)) == set()


@pytest.mark.parametrize("rule", list(ILL))
def test_fixes_are_settings_that_a_run_accepts(rule: str) -> None:
    fix = next(found for found in examine(ill(rule)) if found.rule == rule).fix
    assert fix is not None
    assert set(fix.live) <= set(STEERABLE)
    PPOConfig.model_validate({**PPOConfig().model_dump(), **dict(fix.branch)})


def test_a_fix_starts_from_what_holds_now() -> None:
    found = readings({**ILL["kl_exploding"][0], "objective/kl_coef": lambda _: 1.25})
    fix = next(finding for finding in examine(found) if finding.rule == "kl_exploding").fix
    assert fix is not None
    assert fix.live == {"kl_coef": 2.5}


def test_problems_come_before_warnings() -> None:
    both = {**ILL["length_growing"][0], **ILL["clip_much"][0], **ILL["explained_variance_negative"][0]}
    severities = [finding.severity for finding in examine(readings(both))]
    assert severities == sorted(severities, key=lambda severity: severity != "problem")
    assert len(severities) >= 3


@given(st.lists(st.floats(-1e6, 1e6), max_size=30), st.sampled_from([rule.chart for rule in RULES]))
def test_no_series_breaks_the_doctor(values: list[float], name: str) -> None:
    series = {name: [(i + 1, value) for i, value in enumerate(values)]}
    for finding in examine(Readings(series, {}, (-1.0, 1.0))):
        assert finding.chart

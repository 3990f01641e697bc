"""The verdict's rules, one at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from workbench.ppo.config import PPOConfig
from workbench.reward_model.baselines import Baseline
from workbench.reward_model.bias import Effect
from workbench.reward_model.calibration import Calibration
from workbench.reward_model.card import Disagreement, VoteFacts
from workbench.reward_model.ceiling import Ceiling
from workbench.reward_model.evaluation import Slice
from workbench.reward_model.judging import BIASES, CURES, Evidence, judge
from workbench.reward_model.probes import PROBES


def effect(name: Any, standing: Any, value: float = 0.4) -> Effect:
    return Effect(
        name=name, effect=value, effect_ci=(value - 0.1, value + 0.1), original_preferred=0.2, probes=30,
        standing=standing, examples=[],
    )  # fmt: skip


def baseline(name: Any, accuracy: float, lead: float, low: float, high: float = 0.9) -> Baseline:
    return Baseline(
        name=name, accuracy=accuracy, accuracy_ci=(accuracy - 0.1, accuracy + 0.1), pairs=100, lead=lead,
        lead_ci=(low, high),
    )  # fmt: skip


def calibration(error: float) -> Calibration:
    return Calibration(
        temperature=1.0, fitted_on=80, error_unscaled=error, error=error, error_by_chance=(0.03, 0.06), unscaled=[],
        scaled=[],
    )  # fmt: skip


GOOD = Evidence(
    votes=VoteFacts(
        train_pairs=700,
        validation_pairs=90,
        held_out_pairs=150,
        voted_pairs=940,
        ties=40,
        annotators=5,
        simulated=False,
    ),
    accuracy=0.86,
    accuracy_ci=(0.80, 0.91),
    ceiling=Ceiling(accuracy=0.93, accuracy_ci=(0.9, 0.95), annotator=0.85, annotator_ci=(0.8, 0.9), pairs=900),
    baselines=[baseline("longer", 0.4, 0.46, 0.3), baseline("bag_of_words", 0.7, 0.16, 0.08)],
    calibration=calibration(0.04),
    effects=[effect("length", "fine", -0.1)],
    train_accuracy=0.95,
)


def test_a_good_one_goes() -> None:
    verdict = judge(GOOD)
    assert verdict.verdict == "go"
    assert "86% of 150 held-out pairs" in verdict.reasons[0]
    assert verdict.ppo_settings == {}


@pytest.mark.parametrize(
    ("change", "verdict", "said"),
    [
        ({"accuracy": 0.58, "accuracy_ci": (0.48, 0.68)}, "not_yet", "luck"),
        ({"accuracy": 0.58, "accuracy_ci": (0.52, 0.64)}, "not_yet", "follow its mistakes"),
        ({"accuracy": 0.66, "accuracy_ci": (0.6, 0.7)}, "care", "wrong often"),
        ({"accuracy": 0.78}, "care", "votes would allow 93%"),
        ({"baselines": [baseline("longer", 0.9, -0.04, -0.1, -0.01)]}, "not_yet", "beaten by always taking the longer"),
        ({"baselines": [baseline("bag_of_words", 0.85, 0.01, -0.03)]}, "care", "a bag-of-words regression is as good"),
        ({"baselines": [baseline("longer", 0.9, -0.04, -0.1, 0.02)]}, "care", "the longer response is as good"),
        ({"baselines": [baseline("similarity", 0.95, -0.09, -0.12)]}, "go", "beats every cheap rule"),
        ({"effects": [effect("length", "bad")]}, "not_yet", "It likes length"),
        ({"effects": [effect("hedging", "watch")]}, "care", "It likes hedging"),
        ({"calibration": calibration(0.15)}, "care", "confidence is off by 0.15"),
        ({"train_accuracy": 1.0, "accuracy": 0.79, "ceiling": Ceiling(accuracy=0.8)}, "care", "its own training pairs"),
        ({"ceiling": Ceiling()}, "care", "No two people voted on the same pair"),
        ({"votes": GOOD.votes.model_copy(update={"annotators": 1})}, "care", "one person's taste"),
        ({"votes": GOOD.votes.model_copy(update={"held_out_pairs": 30})}, "care", "Only 30 held-out pairs"),
        (
            {"disagreement": Disagreement(members=3, inside=0.3, inside_ci=(0, 1), outside=0.3, outside_ci=(0, 1))},
            "care",
            "disagree no more on strange texts",
        ),
    ],
)
def test_each_finding_by_itself(change: dict[str, Any], verdict: str, said: str) -> None:
    found = judge(replace(GOOD, **change))
    assert found.verdict == verdict
    assert said in " ".join(found.reasons)


def test_the_heaviest_reason_comes_first_and_decides() -> None:
    found = judge(replace(GOOD, calibration=calibration(0.2), effects=[effect("filler", "bad")]))
    assert found.verdict == "not_yet"
    assert found.reasons[0].startswith("It likes filler")
    assert len(found.reasons) == 2


def test_care_names_settings_that_ppo_takes() -> None:
    doubt = Disagreement(members=3, inside=0.3, inside_ci=(0, 1), outside=0.9, outside_ci=(0, 1))
    found = judge(replace(GOOD, effects=[effect("length", "watch", 0.15)], disagreement=doubt))
    assert found.verdict == "care"
    # 0.15 scores for ten words are 0.015 a word, and a word is one and a half tokens.
    assert found.ppo_settings["length_penalty"] == pytest.approx(0.01)
    assert found.ppo_settings["combine_scores"] == "minimum"
    settings = PPOConfig(**found.ppo_settings)
    assert settings.kl_coef > PPOConfig().kl_coef


def test_not_yet_says_what_to_label() -> None:
    slices = [
        Slice(kind="tag", name="it", accuracy=0.3, accuracy_ci=(0.1, 0.6), pairs=10),
        Slice(kind="tag", name="hr", accuracy=0.9, accuracy_ci=(0.6, 1.0), pairs=10),
    ]
    found = judge(replace(GOOD, effects=[effect("length", "bad")], slices=slices))
    assert any("shorter response is the better one" in step for step in found.next)
    assert any("tagged it:" in step for step in found.next)


def test_every_probe_has_its_words() -> None:
    assert set(BIASES) == set(CURES) == set(PROBES)
    assert all("{effect" in text for text in BIASES.values())

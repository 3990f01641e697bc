"""From a reward model with centre and scale to its steepness and its card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

from workbench.evaluation.bootstrap import mean_interval
from workbench.reward_model.baselines import baselines, outcomes
from workbench.reward_model.bias import effects
from workbench.reward_model.calibration import calibrate, fit_temperature
from workbench.reward_model.card import Card, CurvePart, Disagreement, VoteFacts
from workbench.reward_model.ceiling import ceiling
from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.ensemble import RewardEnsemble
from workbench.reward_model.evaluation import accuracy_of, slices
from workbench.reward_model.judging import Evidence, judge
from workbench.reward_model.likelihood import score_per_nat
from workbench.reward_model.probes import build_probes
from workbench.reward_model.vote_notes import notes
from workbench.reward_model.votes import DecidedPair, VotedPair, both_sides, decided, differences, training_rows
from workbench.runs.frozen_data import FrozenDemonstration

STRANGE = 64


@dataclass(frozen=True, slots=True)
class Material:
    """What a run measures with."""

    voted: list[VotedPair]
    demonstrations: list[FrozenDemonstration]
    config: RewardModelConfig


@dataclass(frozen=True, slots=True)
class Scaled:
    """A trained model on its scale, and what giving it one has shown (`scaling.scaled_model`)."""

    model: RewardEnsemble
    train_scores: list[float]
    """Of the training pairs: all chosen responses, then all rejected ones."""
    steepness: float
    """What training made of a difference of one in the score: the members' mean scale, in logits."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The card, and what belongs to the model itself."""

    card: Card
    steepness: float
    score_range: tuple[float, float]
    validation_accuracy: float | None


def measure(material: Material, scaled: Scaled, curve: list[CurvePart]) -> Measured:
    """Everything on the card, on held-out prompts; the temperature alone is fitted on validation pairs."""
    model, raw = scaled.model, scaled.steepness
    held_out, validation = decided(material.voted, "test"), decided(material.voted, "validation")
    margins, by_member = _margins(model, held_out)
    validation_margins, _ = _margins(model, validation)
    temperature, fitted_on = fit_temperature(validation_margins, raw)
    accuracy, interval = accuracy_of(margins)
    spread = float(np.std(by_member.mean(axis=0))) or 1.0
    config = material.config
    rows = {split: training_rows(material.voted, config, split) for split in ("train", "validation")}
    evidence = Evidence(
        votes=_vote_facts(material, held_out, validation),
        accuracy=accuracy,
        accuracy_ci=interval,
        ceiling=ceiling(material.voted, held_out, config.seed),
        baselines=baselines(held_out, margins, rows["train"], rows["validation"]),
        calibration=calibrate(margins, raw, temperature, fitted_on),
        effects=effects(model, build_probes(material.demonstrations), spread),
        train_accuracy=fmean(outcomes(differences(scaled.train_scores))),
        disagreement=_disagreement(model, held_out, by_member),
        slices=slices(held_out, margins),
    )
    low, high = np.percentile(scaled.train_scores, [0.5, 99.5])
    return Measured(
        card=_card(material, evidence, margins, spread, score_per_nat(model), curve),
        steepness=raw / temperature,
        score_range=(float(low), float(high)),
        validation_accuracy=fmean(outcomes(validation_margins)) if validation else None,
    )


def _card(
    material: Material,
    evidence: Evidence,
    margins: list[float],
    spread: float,
    per_nat: float,
    curve: list[CurvePart],
) -> Card:
    votes = evidence.votes
    whole = CurvePart(pairs=votes.train_pairs, accuracy=evidence.accuracy, held_out_pairs=votes.held_out_pairs)
    return Card(
        **{name: getattr(evidence, name) for name in Evidence.__dataclass_fields__},
        margins=margins,
        spread=spread,
        score_per_nat=per_nat,
        learning_curve=[*curve, whole] if curve else [],
        notes=notes(material.voted, material.config),
        verdict=judge(evidence),
    )


def _vote_facts(material: Material, held_out: Sequence[DecidedPair], validation: Sequence[DecidedPair]) -> VoteFacts:
    voted = material.voted
    return VoteFacts(
        train_pairs=len(decided(voted, "train")),
        validation_pairs=len(validation),
        held_out_pairs=len(held_out),
        voted_pairs=len(voted),
        ties=sum(pair.tally.majority == "tie" for pair in voted),
        annotators=len({name for pair in voted for name in pair.annotators}),
        simulated=material.config.votes == "simulated",
    )


def curve_part(model: RewardEnsemble, held_out: Sequence[DecidedPair], pairs: int) -> CurvePart:
    """One point of the learning curve."""
    margins, _ = _margins(model, held_out)
    return CurvePart(pairs=pairs, accuracy=fmean(outcomes(margins)), held_out_pairs=len(held_out))


def _disagreement(model: RewardEnsemble, held_out: Sequence[DecidedPair], inside: Any) -> Disagreement | None:
    """Members' standard deviation on held-out responses, and on the same words in reverse order."""
    if len(model.members) < 2:
        return None
    pairs = list(held_out)[:STRANGE]
    strange = [" ".join(reversed(pair.chosen.split())) for pair in pairs]
    outside = model.member_scores([pair.prompt for pair in pairs], strange).std(axis=0)
    usual = inside.std(axis=0)
    return Disagreement(
        members=len(model.members),
        inside=float(usual.mean()),
        inside_ci=mean_interval(usual.tolist()),
        outside=float(outside.mean()),
        outside_ci=mean_interval(outside.tolist()),
    )


def _margins(model: RewardEnsemble, pairs: Sequence[DecidedPair]) -> tuple[list[float], Any]:
    """Score of chosen − score of rejected for each pair, and the members' scores of both: [members, 2 · pairs]."""
    by_member = model.member_scores(*both_sides(pairs))
    return differences(by_member.mean(axis=0).tolist()), by_member

"""From trained members to a reward model with centre, scale and steepness, and to its card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from workbench.evaluation.bootstrap import mean_interval
from workbench.models.spec import ModelSpec
from workbench.reward_model.baselines import baselines, outcomes
from workbench.reward_model.bias import effects
from workbench.reward_model.calibration import calibrate, fit_temperature
from workbench.reward_model.card import Card, CurvePart, Disagreement, VoteFacts
from workbench.reward_model.ceiling import ceiling
from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.ensemble import RewardEnsemble, load_members
from workbench.reward_model.evaluation import agreement_of_margins, slices
from workbench.reward_model.judging import Evidence, judge
from workbench.reward_model.probes import build_probes
from workbench.reward_model.vote_notes import notes
from workbench.reward_model.votes import DecidedPair, VotedPair, decided, training_rows
from workbench.runs.frozen_data import FrozenDemonstration

SCALE_FILE = "score_scale.json"
MOST_TRAIN_PAIRS, MOST_REFERENCES = 400, 200
"""So many are enough for a mean, a spread and a share."""
STRANGE = 64


@dataclass(frozen=True, slots=True)
class Material:
    """What a run measures with."""

    voted: list[VotedPair]
    demonstrations: list[FrozenDemonstration]
    config: RewardModelConfig


def scaled_model(
    material: Material, spec: ModelSpec, workspace: Path, folders: Sequence[Path]
) -> tuple[RewardEnsemble, list[float]]:
    """The members with centre and scale: 0 is the mean of the human answers to training prompts (of the voted
    responses where there are none), 1 the standard deviation over the voted responses to training prompts.

    Returns:
        The model, and its scores of the training pairs: all chosen responses, then all rejected ones.
    """
    model = RewardEnsemble(load_members(spec, workspace, folders, material.config.backend))
    train = decided(material.voted, "train")
    prompts, texts = _both_sides(train[:: -(-len(train) // MOST_TRAIN_PAIRS)])
    human = [row for row in material.demonstrations if row.split == "train"][:MOST_REFERENCES]
    raw = model.member_scores(prompts + [row.prompt for row in human], texts + [row.response for row in human])
    scaled = []
    for member, folder, own in zip(model.members, folders, raw, strict=True):
        centre = float(own[len(texts) :].mean() if human else own[: len(texts)].mean())
        scale = float(own[: len(texts)].std()) or 1.0
        _set_scale(member, folder, centre, scale)
        scaled.append((own[: len(texts)] - centre) / scale)
    return model, np.mean(scaled, axis=0).tolist()


def _set_scale(member: Any, folder: Path, centre: float, scale: float) -> None:
    from dataclasses import replace

    if hasattr(member, "head"):
        member.head = replace(member.head, centre=centre, scale=scale)
    else:
        member.centre, member.scale = centre, scale
    (folder / SCALE_FILE).write_text(json.dumps({"centre": centre, "scale": scale}))


def raw_steepness(folders: Sequence[Path]) -> float:
    """What training made of a difference of one in the score: the members' mean scale, in logits."""
    return fmean(json.loads((folder / SCALE_FILE).read_text())["scale"] for folder in folders)


@dataclass(frozen=True, slots=True)
class Measured:
    """The card, and what belongs to the model itself."""

    card: Card
    steepness: float
    score_range: tuple[float, float]
    validation_accuracy: float | None


def measure(
    material: Material, model: RewardEnsemble, train_scores: Sequence[float], raw: float, curve: list[CurvePart]
) -> Measured:
    """Everything on the card, on held-out prompts; the temperature alone is fitted on validation pairs.

    Args:
        train_scores: as `scaled_model` gives them.
        raw: the steepness that training left.
    """
    held_out, validation = decided(material.voted, "test"), decided(material.voted, "validation")
    margins, by_member = _margins(model, held_out)
    validation_margins, _ = _margins(model, validation)
    temperature, fitted_on = fit_temperature(validation_margins, raw)
    agreement = agreement_of_margins(margins)
    spread = float(np.std(by_member.mean(axis=0))) or 1.0
    config = material.config
    rows = {split: training_rows(material.voted, config, split) for split in ("train", "validation")}
    evidence = Evidence(
        votes=_vote_facts(material, held_out, validation),
        accuracy=agreement.accuracy,
        accuracy_ci=agreement.accuracy_interval,
        ceiling=ceiling(material.voted, held_out, config.seed),
        baselines=baselines(held_out, margins, rows["train"], rows["validation"]),
        calibration=calibrate(margins, raw, temperature, fitted_on),
        effects=effects(model, build_probes(material.demonstrations), spread),
        train_accuracy=fmean(outcomes(_differences(train_scores))),
        disagreement=_disagreement(model, held_out, by_member),
        slices=slices(held_out, margins),
    )
    low, high = np.percentile(train_scores, [0.5, 99.5])
    return Measured(
        card=_card(material, evidence, margins, spread, curve),
        steepness=raw / temperature,
        score_range=(float(low), float(high)),
        validation_accuracy=fmean(outcomes(validation_margins)) if validation else None,
    )


def _card(material: Material, evidence: Evidence, margins: list[float], spread: float, curve: list[CurvePart]) -> Card:
    votes = evidence.votes
    whole = CurvePart(pairs=votes.train_pairs, accuracy=evidence.accuracy, held_out_pairs=votes.held_out_pairs)
    return Card(
        **{name: getattr(evidence, name) for name in Evidence.__dataclass_fields__},
        margins=margins,
        spread=spread,
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
    by_member = model.member_scores(*_both_sides(pairs))
    return _differences(by_member.mean(axis=0).tolist()), by_member


def _both_sides(pairs: Sequence[DecidedPair]) -> tuple[list[str], list[str]]:
    prompts = [pair.prompt for pair in pairs]
    return prompts * 2, [pair.chosen for pair in pairs] + [pair.rejected for pair in pairs]


def _differences(scores: Sequence[float]) -> list[float]:
    half = len(scores) // 2
    return [a - b for a, b in zip(scores[:half], scores[half:], strict=True)]

"""From trained members to a reward model on a scale that can be read: likelihood weight, centre, scale."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import numpy as np

from workbench.models.spec import ModelSpec
from workbench.reward_model.ensemble import RewardEnsemble, load_members
from workbench.reward_model.likelihood import add_likelihood
from workbench.reward_model.measuring import Material, Scaled
from workbench.reward_model.votes import both_sides, decided

MOST_TRAIN_PAIRS, MOST_REFERENCES = 400, 200
"""So many are enough for a mean, a spread and a share."""


def raw_model(material: Material, spec: ModelSpec, workspace: Path, folders: Sequence[Path]) -> RewardEnsemble:
    """The members as training left them, with the weight of the trunk's likelihood where it is to count.

    What an earlier, interrupted measuring wrote beside them is not heeded.
    """
    model = RewardEnsemble(load_members(spec, workspace, folders, material.config.backend))
    for member in model.members:
        member.reset_scale()
    if material.config.use_likelihood:
        add_likelihood(model, decided(material.voted, "validation"))
    return model


def scaled_model(material: Material, spec: ModelSpec, workspace: Path, folders: Sequence[Path]) -> Scaled:
    """The members with centre and scale: 0 is the mean of the human answers to training prompts (of the voted
    responses where there are none), 1 the standard deviation over the voted responses to training prompts.
    """
    model = raw_model(material, spec, workspace, folders)
    train = decided(material.voted, "train")
    prompts, texts = both_sides(train[:: -(-len(train) // MOST_TRAIN_PAIRS)])
    human = [row for row in material.demonstrations if row.split == "train"][:MOST_REFERENCES]
    raw = model.member_scores(prompts + [row.prompt for row in human], texts + [row.response for row in human])
    scales, scores = [], []
    for member, folder, own in zip(model.members, folders, raw, strict=True):
        centre = float(own[len(texts) :].mean() if human else own[: len(texts)].mean())
        scale = float(own[: len(texts)].std()) or 1.0
        member.rescale(centre, scale)
        member.save_scale(folder)
        scales.append(scale)
        scores.append((own[: len(texts)] - centre) / scale)
    return Scaled(model, np.mean(scores, axis=0).tolist(), fmean(scales))

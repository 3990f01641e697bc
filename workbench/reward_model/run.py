"""One reward-model run: learn from votes which response people prefer, and say how far it can be trusted."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import NotReady
from workbench.models.spec import ModelSpec
from workbench.reward_model.backends import backend_of
from workbench.reward_model.card import Card, CurvePart, headline
from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.fits import Fit, fit_folder, plan, train
from workbench.reward_model.model_file import ModelFile
from workbench.reward_model.vote_notes import cannot_train
from workbench.reward_model.votes import decided, read_votes, training_rows
from workbench.runs.context import RunContext
from workbench.runs.events import Evaluation, Finished, Notice, Progress, Stopped
from workbench.runs.frozen_data import read_demonstrations

if TYPE_CHECKING:
    from workbench.reward_model.measuring import Material, Measured

ADAPTER, CLASSIFIER = "adapter", "classifier"


def run(context: RunContext) -> Finished | Stopped:
    """Train the members with TRL's RewardTrainer, then measure, judge and publish them as one reward model.

    Raises:
        NotReady: there is no pair to learn from or none to measure on.
    """
    from workbench.reward_model.measuring import Material

    began = time.monotonic()
    config = RewardModelConfig.model_validate(context.dir.config["config"])
    trunk = ModelSpec.model_validate(context.dir.config["models"][config.model_id])
    voted = read_votes(context.dir.data)
    if (problem := cannot_train(voted)) is not None:
        raise NotReady(problem)
    fits = plan(config, training_rows(voted, config))
    backend = backend_of(config, trunk, context.dir.workspace)
    validation = training_rows(voted, config, "validation")
    stopped = train(context, fits, backend, config, validation)
    if stopped is not None:
        return Stopped(step=stopped)
    return _finish(context, config, trunk, fits, Material(voted, _demonstrations(context), config), began)


def _finish(
    context: RunContext,
    config: RewardModelConfig,
    trunk: ModelSpec,
    fits: Sequence[Fit],
    material: Material,
    began: float,
) -> Finished:
    """Measure the trained fits, publish the members, and say what became of them."""
    from workbench.reward_model.measuring import measure
    from workbench.reward_model.scaling import scaled_model

    _measuring(context, 0)
    run_id = str(context.dir.config["run_id"])
    spec = trunk.with_adapter(f"runs/{run_id}/final/{ADAPTER if config.backend == 'trunk' else CLASSIFIER}")
    folders = [fit_folder(context, fit) for fit in fits if fit.share == 1.0]
    scaled = scaled_model(material, spec, context.dir.workspace, folders)
    curve = _curve(context, material, spec, [fit for fit in fits if fit.share < 1.0])
    _measuring(context, 1)
    measured = measure(material, scaled, curve)
    _publish(context, config, folders, measured)
    _emit_evaluations(context, run_id, measured.card)
    for note in measured.card.notes:
        context.emit(Notice(message=note))
    return Finished(
        summary={
            **headline(measured.card),
            "members": len(folders),
            "validation_accuracy": measured.validation_accuracy,
            "score_range": list(measured.score_range),
            "seconds": time.monotonic() - began,
        },
        model_kind="reward_model",
        model=spec,
        parent_model_id=config.model_id,
    )


def _demonstrations(context: RunContext) -> list[Any]:
    """The approved demonstrations at the launch; none where the workspace had none, as after an import of votes."""
    return read_demonstrations(context.dir.data) if (context.dir.data / "demonstrations.parquet").exists() else []


def _curve(context: RunContext, material: Material, spec: ModelSpec, fits: Sequence[Fit]) -> list[CurvePart]:
    from workbench.reward_model.measuring import curve_part
    from workbench.reward_model.scaling import raw_model

    parts = []
    for fit in fits:
        model = raw_model(material, spec, context.dir.workspace, [fit_folder(context, fit)])
        parts.append(curve_part(model, decided(material.voted, "test"), len(fit.rows)))
    return parts


def _publish(context: RunContext, config: RewardModelConfig, fits: Sequence[Path], measured: Measured) -> None:
    """The members' folders as one reward model, with what it says of itself."""
    members = (".", *(f"members/{number}" for number in range(2, len(fits) + 1)))
    file = ModelFile(backend=config.backend, members=members, steepness=measured.steepness)

    def write(folder: Path) -> None:
        for name, fit in zip(members, fits, strict=True):
            # Linked, not copied: a run that is killed before its last word finds its fits again and loses nothing.
            ignored = shutil.ignore_patterns("DONE")
            shutil.copytree(fit, folder / name, dirs_exist_ok=True, ignore=ignored, copy_function=os.link)
        file.save(folder)
        measured.card.save(folder)

    context.dir.publish_final(write)


def _measuring(context: RunContext, done: int) -> None:
    context.emit(Progress(phase="measuring", done=done, total=2))


def _emit_evaluations(context: RunContext, run_id: str, card: Card) -> None:
    low, high = card.accuracy_ci
    common: dict[str, Any] = {"model_id": run_id, "split": "test", "n": card.votes.held_out_pairs}
    context.emit(
        Evaluation(
            measure="accuracy",
            value=card.accuracy,
            ci_low=low,
            ci_high=high,
            signature="share of held-out pairs whose chosen response scores higher, Wilson 95%",
            **common,
        )
    )
    context.emit(
        Evaluation(
            measure="ece",
            value=card.calibration.error,
            signature=f"expected calibration error, 10 equal bins, temperature {card.calibration.temperature:.3f}",
            **common,
        )
    )

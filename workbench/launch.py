"""Starting the steps: what pages and command line call.

Each function checks what the step needs, freezes its data into a new run directory, and adds a pending run; the
supervisor starts it when the device is free.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from storage.runs import Run, RunKind
from workbench.demonstrations.snapshots import freeze_demonstrations, freeze_pairs
from workbench.errors import InvalidInput, NotFound, NotReady
from workbench.evaluation.config import EvaluationConfig
from workbench.evaluation.retrieval import retrievable
from workbench.launch_tuning import check_known_tags, freeze_prompts, refuse_unfit
from workbench.models.loading import is_hub_id
from workbench.models.registry import RegisteredModel, find_language_model, get_model
from workbench.ppo.config import PPORunConfig
from workbench.preferences.config import PairsConfig
from workbench.preferences.frozen_votes import freeze_votes
from workbench.preferences.voting_settings import voting_settings
from workbench.preferences.waiting_pairs import freeze_open_pairs
from workbench.reward_model.best_of_n import BestOfNConfig
from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.vote_notes import cannot_train
from workbench.runs.frozen_data import EMBEDDINGS_FILE, read_demonstrations, write_embeddings
from workbench.runs.run_dir import RunDir
from workbench.sft.config import SFTConfig
from workbench.workspace import Workspace

Freeze = Callable[[Path], Any]


def launch_sft(ws: Workspace, config: SFTConfig, created_by: str) -> str:
    """Queue an SFT run on the approved demonstrations; returns its id.

    Raises:
        NotReady: no approved demonstration is in the training split.
        NotFound, InvalidInput: the start model does not exist, or is not a language model.
    """
    model = _start_model(ws, config)
    if not ws.demonstrations.count(status="approved", split="train"):
        raise NotReady("There is no approved demonstration to train on: write, import or load some first.")
    return launch_run(ws, "sft", config, created_by, [model], lambda data: _freeze_with_embeddings(ws, data, "test"))


def launch_evaluation(ws: Workspace, config: EvaluationConfig, created_by: str) -> str:
    """Queue an evaluation run; returns its id.

    Raises:
        NotReady: the split has no approved demonstration.
        NotFound, InvalidInput: a model does not exist, or is not a language model.
    """
    models = [_language_model(ws, model_id) for model_id in config.model_ids]
    if not ws.demonstrations.count(status="approved", split=config.split):
        raise NotReady(f"No approved demonstration is in the {config.split} split, so there is nothing to answer.")
    freeze = partial(_freeze_with_embeddings, ws, split=config.split)
    return launch_run(ws, "evaluation", config, created_by, models, freeze)


def launch_pairs(ws: Workspace, config: PairsConfig, created_by: str) -> str:
    """Queue a run that samples pairs, and scores those that wait where it is told with which model; returns its id.

    Raises:
        NotReady: no approved demonstration is in the chosen splits.
        NotFound, InvalidInput: a model does not exist, or is not a language model.
    """
    ids = dict.fromkeys((config.model_id, config.other_model_id or config.model_id))
    models = [_language_model(ws, model_id) for model_id in ids]
    if config.score_with is not None:
        models.append(_reward_model(ws, config.score_with))
    elif not config.new_pairs:
        raise InvalidInput("Nothing is asked for: neither new pairs nor scores of those that wait.")
    if config.new_pairs and not any(ws.demonstrations.count(status="approved", split=s) for s in config.splits):
        raise NotReady(f"No approved demonstration is in the splits {', '.join(config.splits)}.")

    def freeze(data: Path) -> None:
        if config.new_pairs:
            freeze_demonstrations(ws, data)
        if config.score_with is not None:
            freeze_open_pairs(ws, data, voting_settings(ws).people_per_pair)

    return launch_run(ws, "pairs", config, created_by, models, freeze)


def launch_reward_model(ws: Workspace, config: RewardModelConfig, created_by: str) -> str:
    """Queue a reward-model run on the pairs that the votes decide; returns its id.

    Raises:
        NotReady: too few decided pairs to learn from or to measure on.
        NotFound, InvalidInput: the trunk's model does not exist, or is not a language model.
    """
    model = _language_model(ws, config.model_id)

    def freeze(data: Path) -> None:
        freeze_pairs(ws, data, votes=config.votes)
        problem = cannot_train(freeze_votes(ws, data, votes=config.votes))
        if problem is not None:
            raise NotReady(problem)
        if ws.demonstrations.count(status="approved"):
            freeze_demonstrations(ws, data)  # for centring the scores, and for the bias probes

    return launch_run(ws, "reward_model", config, created_by, [model], freeze)


def launch_best_of_n(ws: Workspace, config: BestOfNConfig, created_by: str) -> str:
    """Queue a best-of-n run; its curve also goes into the summary of the reward model's run. Returns its id.

    Raises:
        NotReady: no approved demonstration is in the test split.
        NotFound, InvalidInput: no such reward model.
    """
    model = _reward_model(ws, config.reward_model_id)
    if not ws.demonstrations.count(status="approved", split="test"):
        raise NotReady("No approved demonstration is in the test split, so there is nothing to answer.")
    return launch_run(ws, "best_of_n", config, created_by, [model], lambda data: freeze_demonstrations(ws, data))


def launch_ppo(ws: Workspace, config: PPORunConfig, created_by: str) -> str:
    """Queue a PPO run, from the model that its first reward model was built on unless told otherwise; returns its id.

    Raises:
        NotReady: no approved demonstration is in the training split, or the reward model is judged unfit and that
            is not accepted with ``despite_verdict``.
        NotFound, InvalidInput: a model does not exist, or is not what it is to be used as; the checkpoint to branch
            from, the snapshot or a tag does not exist.
    """
    reward_models = [_scorer(ws, name) for name in dict.fromkeys((config.reward_model_id, *config.more_reward_models))]
    start_id = config.model_id or (reward_models[0].parent_id if reward_models[0] else None)
    if start_id is None:
        raise InvalidInput(f"Say with model_id which model to optimise: '{config.reward_model_id}' does not tell.")
    start = _language_model(ws, start_id)
    registered = [model for model in reward_models if model is not None]
    refuse_unfit(ws, registered, config.despite_verdict)
    check_known_tags(ws, config.tags)
    checkpoint = _checkpoint(ws, config.branch_from) if config.branch_from else None
    if not ws.demonstrations.count(status="approved", split="train"):
        raise NotReady("There is no approved demonstration whose prompt PPO could answer.")

    def freeze(data: Path) -> None:
        freeze_prompts(ws, config, data)
        if checkpoint is not None:  # copied, so that the run stays a function of its own folder
            shutil.copytree(checkpoint, data.parent / "branch")

    models = [start, *registered]
    return launch_run(ws, "ppo", config, created_by, models, freeze, extra={"sft_model_id": start.id})


def _start_model(ws: Workspace, config: SFTConfig) -> RegisteredModel:
    """The model that SFT starts from, a hub model at a commit that cannot move.

    Raises:
        ModelError: the hub knows no such model, or cannot be asked.
        InvalidInput: the method cannot be used with it here.
    """
    model = _language_model(ws, config.model_id)
    if config.method == "qlora":
        from workbench.models.machine import qlora_problem

        if problem := qlora_problem():
            raise InvalidInput(problem)
    spec = model.spec
    if config.revision is not None:
        if not is_hub_id(spec.base):
            raise InvalidInput(f"'{config.model_id}' does not come from Hugging Face, so it has no revisions.")
        spec = spec.model_copy(update={"revision": config.revision})
    if is_hub_id(spec.base):
        from workbench.models.hub import pinned

        spec = pinned(spec)
    return replace(model, spec=spec)


def _freeze_with_embeddings(ws: Workspace, data: Path, split: str) -> None:
    """The approved demonstrations, and what is known already of the embeddings that an evaluation asks for."""
    freeze_demonstrations(ws, data)
    rows = read_demonstrations(data)
    texts = {text for row in rows if row.split == split for text in (row.prompt, row.response)}
    texts.update(row.prompt for row in retrievable(rows))
    if known := ws.embeddings.of_prompts(sorted(texts)):
        write_embeddings(data / EMBEDDINGS_FILE, known)


def _scorer(ws: Workspace, name: str) -> RegisteredModel | None:
    """A reward model of this workspace; None for a sequence classifier from outside, which the run loads by name."""
    outside = "/" in name or "\\" in name or Path(name).is_dir()
    return None if outside else _reward_model(ws, name)


def checkpoint_steps(ws: Workspace, run: Run) -> list[int]:
    """After which updates a run has complete checkpoints, in order."""
    return sorted(RunDir(ws.root / run.directory).complete_checkpoints())


def _checkpoint(ws: Workspace, name: str) -> Path:
    """Folder of a complete checkpoint, by RUN (the newest one) or RUN:STEP."""
    run_id, _, step = name.partition(":")
    run = ws.runs.get(run_id)
    if run.kind != "ppo":
        raise InvalidInput(f"'{run_id}' is no PPO run, so PPO cannot go on from its checkpoints.")
    found = RunDir(ws.root / run.directory).complete_checkpoints()
    if not found:
        raise NotFound(f"Run {run_id} has no checkpoint.")
    if not step:
        return found[max(found)]
    if not step.isdecimal() or int(step) not in found:
        steps = ", ".join(str(number) for number in sorted(found))
        raise NotFound(f"Run {run_id} has no checkpoint of step '{step}'; it has: {steps}.")
    return found[int(step)]


def _language_model(ws: Workspace, model_id: str) -> RegisteredModel:
    model = find_language_model(ws, model_id)
    if model.kind == "reward_model":
        raise InvalidInput(f"'{model_id}' is a reward model: it scores responses and writes none.")
    return model


def _reward_model(ws: Workspace, model_id: str) -> RegisteredModel:
    model = get_model(ws, model_id)
    if model.kind != "reward_model":
        raise InvalidInput(f"'{model.id}' is no reward model; train one in step 3b first.")
    return model


def launch_run(
    ws: Workspace,
    kind: RunKind,
    config: BaseModel,
    created_by: str,
    models: Collection[RegisteredModel],
    freeze: Freeze,
    extra: dict[str, Any] | None = None,
) -> str:
    """Make the run directory, then add the pending row; on any error nothing is left behind."""
    run_id = ws.runs.next_id(kind)
    run_dir = RunDir(ws.root / "runs" / run_id)
    now = datetime.now(UTC)
    try:
        run_dir.data.mkdir(parents=True, exist_ok=True)
        freeze(run_dir.data)
        run_dir.write_config(
            {
                "run_id": run_id,
                "kind": kind,
                "created_at": now.isoformat(),
                "created_by": created_by,
                "config": config.model_dump(mode="json"),
                "models": {model.id: model.spec.model_dump(mode="json") for model in models},
                "data": {path.name: file_sha256(path) for path in sorted(run_dir.data.glob("*.parquet"))},
                **(extra or {}),
            }
        )
        ws.runs.add(_pending(run_id, kind, run_dir, config, created_by, now))
    except BaseException:
        with suppress(OSError):
            shutil.rmtree(run_dir.path)
        raise
    return run_id


def _pending(run_id: str, kind: RunKind, run_dir: RunDir, config: BaseModel, created_by: str, now: datetime) -> Run:
    return Run(
        id=run_id,
        kind=kind,
        name=run_id,
        status="pending",
        directory=str(run_dir.path),
        config=config.model_dump(mode="json"),
        pid=None,
        pid_created=None,
        event_offset=0,
        phase="waiting",
        done=0.0,
        total=0.0,
        eta_seconds=None,
        error=None,
        summary={},
        created_by=created_by,
        created_at=now,
        started_at=None,
        finished_at=None,
    )


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Stages in the test's own process: run to their end, stopped half-way, watched; and settings that keep them short."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from workbench.launch.ppo import launch_ppo
from workbench.ppo.config import PPOConfig, PPORunConfig
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Started, Stopped
from workbench.runs.ingest import ingest
from workbench.runs.worker import STAGES
from workbench.sft.config import SFTConfig
from workbench.workspace import Workspace

Watch = Callable[[RunContext, Any], None]

SFT = SFTConfig(epochs=2, batch_size=16, evaluate_limit=4, max_new_tokens=8)
PPO = PPOConfig(
    total_episodes=32,
    batch_size=8,
    minibatch_size=4,
    max_new_tokens=8,
    checkpoint_every=2,
    sample_every=2,
    evaluate_every=0,
)


@contextmanager
def watched(folder: Path, watch: Watch | None = None) -> Iterator[RunContext]:
    """The context of a run, each of whose events ``watch`` sees after it was emitted."""
    context = RunContext.for_directory(folder)
    emit = context.emit

    def tell(event: Any) -> None:
        emit(event)
        if watch is not None:
            watch(context, event)

    context.emit = tell  # type: ignore[method-assign]
    try:
        yield context
    finally:
        context.close()


def run_stage(ws: Workspace, run_id: str, stop_at: int | None = None, watch: Watch | None = None) -> Finished | Stopped:
    """Run a launched stage in this process; it is watched, or asked to stop once its metrics reach ``stop_at``."""

    def stop(context: RunContext, event: Any) -> None:
        if stop_at is not None and event.type == "metric" and event.step >= stop_at:
            context.request_stop()

    with watched(ws.root / "runs" / run_id, watch or stop) as context:
        module, function = STAGES[context.dir.config["kind"]].split(":")
        stage: Callable[[RunContext], Finished | Stopped] = getattr(importlib.import_module(module), function)
        torch.manual_seed(1 if stop_at is None else 2)  # a fresh process stands anywhere in torch's randomness
        ended = stage(context)
        context.emit(ended)
    ingest(ws, run_id)
    return ended


def run_ppo(ws: Workspace, watch: Watch | None = None, **settings: Any) -> str:
    """Launch PPO with settings of the run and, under ``ppo``, of the engine; run it to its end; returns its id."""
    engine = PPO.model_copy(update=settings.pop("ppo", {}))
    config = PPORunConfig(
        despite_verdict=True, reward_model_id="reward_model-001", evaluate_limit=2, **settings, ppo=engine
    )
    run_id = launch_ppo(ws, config, "test")
    resume_ppo(ws, run_id, watch)
    return run_id


def resume_ppo(ws: Workspace, run_id: str, watch: Watch | None = None) -> None:
    """Run PPO from its newest checkpoint to its end; what it said is taken up even where it breaks off."""
    from workbench.ppo.run import run

    try:
        with watched(ws.root / "runs" / run_id, watch) as context:
            newest = context.dir.latest_checkpoint()
            context.emit(Started(pid=0, resumed_from_step=newest[0] if newest else None))
            context.emit(run(context))
    finally:
        ingest(ws, run_id)


def figures(ws: Workspace, run_id: str) -> dict[tuple[int, str], float]:
    """All metrics but those that time the machine."""
    frame = ws.metrics.series(run_id)
    rows = zip(frame["step"], frame["name"], frame["value"], strict=True)
    return {(step, name): value for step, name, value in rows if not name.startswith(("seconds/", "throughput/tokens"))}


def weights_of(ws: Workspace, run_id: str) -> dict[str, torch.Tensor]:
    return load_file(ws.root / "runs" / run_id / "final/policy/adapter_model.safetensors")

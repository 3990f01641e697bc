"""Stages in the test's own process: run to their end, stopped half-way, watched; and settings that keep them short."""

from __future__ import annotations

from collections.abc import Callable
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


def run_stage(ws: Workspace, run_id: str, stop_at: int | None = None, watch: Watch | None = None) -> Finished | Stopped:
    """Run a launched stage in this process.

    Args:
        stop_at: it is asked to stop once its metrics reach that step.
        watch: sees each event after it was emitted.
    """
    import importlib

    context = RunContext.for_directory(ws.root / "runs" / run_id)
    emit = context.emit

    def tell(event: Any) -> None:
        emit(event)
        if stop_at is not None and event.type == "metric" and event.step >= stop_at:
            context.request_stop()
        if watch is not None:
            watch(context, event)

    context.emit = tell  # type: ignore[method-assign]
    module, function = STAGES[context.dir.config["kind"]].split(":")
    stage: Callable[[RunContext], Finished | Stopped] = getattr(importlib.import_module(module), function)
    torch.manual_seed(1 if stop_at is None else 2)  # a fresh process stands anywhere in torch's randomness
    ended = stage(context)
    emit(ended)
    context.close()
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
    from workbench.ppo.run import run

    context = RunContext.for_directory(ws.root / "runs" / run_id)
    emit = context.emit

    def tell(event: Any) -> None:
        emit(event)
        if watch is not None:
            watch(context, event)

    context.emit = tell  # type: ignore[method-assign]
    newest = context.dir.latest_checkpoint()
    try:
        emit(Started(pid=0, resumed_from_step=newest[0] if newest else None))
        emit(run(context))
    finally:
        context.close()
        ingest(ws, run_id)


def figures(ws: Workspace, run_id: str) -> dict[tuple[int, str], float]:
    """All metrics but those that time the machine."""
    frame = ws.metrics.series(run_id)
    rows = zip(frame["step"], frame["name"], frame["value"], strict=True)
    return {(step, name): value for step, name, value in rows if not name.startswith(("seconds/", "throughput/tokens"))}


def weights_of(ws: Workspace, run_id: str) -> dict[str, torch.Tensor]:
    return load_file(ws.root / "runs" / run_id / "final/policy/adapter_model.safetensors")

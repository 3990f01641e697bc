"""Pairs that still wait for votes, scored by a reward model: near scores are where a vote teaches it most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.models.spec import ModelSpec
from workbench.runs.context import RunContext
from workbench.runs.events import PairScored, Progress

FILE = "open_pairs.parquet"
CHUNK = 64


@dataclass(frozen=True, slots=True)
class OpenPair:
    """A pair as it is scored."""

    id: str
    prompt: str
    response_a: str
    response_b: str


def read_open_pairs(directory: Path) -> list[OpenPair]:
    """What was frozen into the run's folder ``data``; empty where nothing was."""
    import pyarrow.parquet as pq

    path = directory / FILE
    return [OpenPair(**row) for row in pq.read_table(path).to_pylist()] if path.exists() else []


def score_pairs(context: RunContext, model_id: str, pairs: Sequence[OpenPair]) -> int:
    """Emits score of A − score of B for each pair; returns how many, fewer where the run was told to stop.

    Raises:
        ModelError: the reward model or its trunk cannot be loaded.
    """
    from workbench.reward_model.ensemble import load_reward_model

    spec = ModelSpec.model_validate(context.dir.config["models"][model_id])
    reward_model = load_reward_model(spec, context.dir.workspace)
    for start in range(0, len(pairs), CHUNK):
        if context.stop_requested():
            return start
        chunk = pairs[start : start + CHUNK]
        prompts = [pair.prompt for pair in chunk]
        scores_a = reward_model.score(prompts, [pair.response_a for pair in chunk])
        scores_b = reward_model.score(prompts, [pair.response_b for pair in chunk])
        for pair, a, b in zip(chunk, scores_a, scores_b, strict=True):
            context.emit(PairScored(pair_id=pair.id, model_id=model_id, margin=a - b))
        done = min(start + CHUNK, len(pairs))
        context.emit(Progress(phase="scoring pairs", done=done, total=len(pairs), eta_seconds=None))
    return len(pairs)

"""One pairs run: two sampled responses for each prompt, to be voted on."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from workbench.errors import NotReady
from workbench.models.spec import ModelSpec
from workbench.preferences.config import PairsConfig
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Notice, PairGenerated, Stopped
from workbench.runs.frozen_data import FrozenDemonstration, read_demonstrations
from workbench.runs.progress import ProgressReporter

_B_SEED_OFFSET = 1_000_003
"""Keeps the seed of response B apart from every seed that response A can have."""


def run(context: RunContext) -> Finished | Stopped:
    """Sample, leave out pairs of two equal responses, and emit the rest.

    Raises:
        NotReady: no demonstration is in the chosen splits.
    """
    began = time.monotonic()
    config = PairsConfig.model_validate(context.dir.config["config"])
    rows = choose_prompts(read_demonstrations(context.dir.data), config)
    if not rows:
        raise NotReady(f"No approved demonstration is in the splits {', '.join(config.splits)}.")
    model_b = config.other_model_id or config.model_id
    texts_a = _respond(context, config.model_id, rows, config, config.seed, "sampling response A")
    if context.stop_requested():
        return Stopped(step=0)
    texts_b = _respond(context, model_b, rows, config, config.seed + _B_SEED_OFFSET, "sampling response B")
    if context.stop_requested():
        return Stopped(step=0)
    run_id = str(context.dir.config["run_id"])
    equal = 0
    for index, (row, text_a, text_b) in enumerate(zip(rows, texts_a, texts_b, strict=True)):
        if text_a == text_b:
            equal += 1
            continue
        context.emit(
            PairGenerated(
                pair_id=hashlib.sha256(f"{run_id}:{index}".encode()).hexdigest()[:12],
                prompt=row.prompt,
                demonstration_id=row.id,
                split=row.split,
                response_a=text_a,
                response_b=text_b,
                model_a=config.model_id,
                model_b=model_b,
                seed_a=config.seed,
                seed_b=config.seed + _B_SEED_OFFSET,
                temperature=config.temperature,
            )
        )
    if equal:
        context.emit(
            Notice(message=f"{equal} prompts gave two equal responses; there is nothing to prefer.", count=equal)
        )
    return Finished(summary={"pairs": len(rows) - equal, "equal": equal, "seconds": time.monotonic() - began})


def choose_prompts(rows: list[FrozenDemonstration], config: PairsConfig) -> list[FrozenDemonstration]:
    """The prompts that get a pair: each distinct prompt of the splits, in an order that mixes them.

    A limit therefore takes from every split in proportion, whatever the order of the demonstrations.
    """
    distinct: dict[str, FrozenDemonstration] = {}
    for row in rows:
        if row.split in config.splits:
            distinct.setdefault(row.prompt, row)
    mixed = sorted(distinct.values(), key=lambda row: hashlib.sha256(f"{config.seed}:{row.prompt}".encode()).digest())
    repeated = [row for _ in range(config.pairs_per_prompt) for row in mixed]
    return repeated if config.limit is None else repeated[: config.limit]


def _respond(
    context: RunContext,
    model_id: str,
    rows: list[FrozenDemonstration],
    config: PairsConfig,
    seed: int,
    phase: str,
) -> list[str]:
    from workbench.models.generation import generate
    from workbench.models.loading import load_merged, load_tokenizer

    spec: Any = ModelSpec.model_validate(context.dir.config["models"][model_id])
    return generate(
        load_merged(spec, context.dir.workspace),
        load_tokenizer(spec),
        [row.prompt for row in rows],
        temperature=config.temperature,
        max_new_tokens=config.max_new_tokens,
        seed=seed,
        on_progress=ProgressReporter(context.emit, phase),
    )

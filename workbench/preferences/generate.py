"""One pairs run: two sampled responses for each prompt, to be voted on."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from typing import Any

from workbench.errors import NotReady
from workbench.models.spec import ModelSpec
from workbench.preferences.config import PairsConfig
from workbench.preferences.open_pairs import OpenPair, read_open_pairs, score_pairs
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Notice, PairGenerated, Stopped
from workbench.runs.frozen_data import FrozenDemonstration, read_demonstrations
from workbench.runs.progress import ProgressReporter

_B_SEED_OFFSET = 1_000_003
"""Keeps the seed of response B apart from every seed that response A can have."""
REASONS = {
    "equal": "both responses are equal, so there is nothing to prefer",
    "nearly_identical": "both responses have the same words in the same order",
    "repeated": "the same two responses to the same prompt are in this run already",
    "empty": "a response is empty",
}


def run(context: RunContext) -> Finished | Stopped:
    """Sample, leave out pairs that are not worth a vote, emit the rest; score the pairs that wait, where asked to.

    Raises:
        NotReady: no demonstration is in the chosen splits.
    """
    began = time.monotonic()
    config = PairsConfig.model_validate(context.dir.config["config"])
    summary: dict[str, Any] = {"pairs": 0}
    pairs = read_open_pairs(context.dir.data)
    if config.new_pairs:
        made = _make_pairs(context, config)
        if made is None:
            return Stopped(step=0)
        new, summary = made
        pairs += new
    if config.score_with is not None:
        summary["scored"] = score_pairs(context, config.score_with, pairs)
        if context.stop_requested():
            return Stopped(step=0)
    return Finished(summary={**summary, "seconds": time.monotonic() - began})


def _make_pairs(context: RunContext, config: PairsConfig) -> tuple[list[OpenPair], dict[str, Any]] | None:
    """The new pairs with what was left out, by reason; None where the run was told to stop."""
    rows = choose_prompts(read_demonstrations(context.dir.data), config)
    if not rows:
        raise NotReady("No approved demonstration has a prompt in the chosen splits, with the chosen tags.")
    model_b, temperature_b = config.other_model_id or config.model_id, config.other_temperature or config.temperature
    texts_a = _respond(context, config.model_id, rows, config, config.seed, config.temperature, "sampling response A")
    if context.stop_requested():
        return None
    seed_b = config.seed + _B_SEED_OFFSET
    texts_b = _respond(context, model_b, rows, config, seed_b, temperature_b, "sampling response B")
    if context.stop_requested():
        return None
    run_id = str(context.dir.config["run_id"])
    kept, dropped = drop_useless([(row.prompt, a, b) for row, a, b in zip(rows, texts_a, texts_b, strict=True)])
    pairs = []
    for index in kept:
        pair_id = hashlib.sha256(f"{run_id}:{index}".encode()).hexdigest()[:12]
        pairs.append(OpenPair(pair_id, rows[index].prompt, texts_a[index], texts_b[index]))
        context.emit(
            PairGenerated(
                pair_id=pair_id,
                prompt=rows[index].prompt,
                demonstration_id=rows[index].id,
                split=rows[index].split,
                response_a=texts_a[index],
                response_b=texts_b[index],
                model_a=config.model_id,
                model_b=model_b,
                seed_a=config.seed,
                seed_b=seed_b,
                temperature=config.temperature,
                temperature_b=temperature_b,
            )
        )
    for reason, count in dropped.items():
        if count:
            context.emit(Notice(message=f"{count} pairs were left out: {REASONS[reason]}.", count=count))
    return pairs, {"pairs": len(kept), **dropped}


def drop_useless(pairs: Sequence[tuple[str, str, str]]) -> tuple[list[int], dict[str, int]]:
    """Which (prompt, response A, response B) are worth a vote, and how many are not, by reason.

    Two responses are nearly identical where they have the same words and numbers in the same order, whatever the case,
    punctuation and spacing. Anything looser would drop pairs that differ in one fact, which are the best to vote on.
    """
    kept: list[int] = []
    dropped = dict.fromkeys(REASONS, 0)
    seen: set[tuple[str, frozenset[str]]] = set()
    for index, (prompt, a, b) in enumerate(pairs):
        key = (prompt, frozenset((_words(a), _words(b))))
        if not a.strip() or not b.strip():
            dropped["empty"] += 1
        elif a == b:
            dropped["equal"] += 1
        elif len(key[1]) == 1:
            dropped["nearly_identical"] += 1
        elif key in seen:
            dropped["repeated"] += 1
        else:
            seen.add(key)
            kept.append(index)
    return kept, dropped


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def choose_prompts(rows: list[FrozenDemonstration], config: PairsConfig) -> list[FrozenDemonstration]:
    """The prompts that get a pair: each distinct prompt of the splits, in an order that mixes them.

    A limit therefore takes from every split in proportion, whatever the order of the demonstrations.
    """
    distinct: dict[str, FrozenDemonstration] = {}
    for row in rows:
        if (
            row.split in config.splits
            and (not config.tags or set(config.tags) & set(row.tags))
            and (not config.prompts or row.prompt in config.prompts)
        ):
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
    temperature: float,
    phase: str,
) -> list[str]:
    from workbench.models.generation import generate
    from workbench.models.loading import load_merged, load_tokenizer

    spec: Any = ModelSpec.model_validate(context.dir.config["models"][model_id])
    return generate(
        load_merged(spec, context.dir.workspace),
        load_tokenizer(spec),
        [row.prompt for row in rows],
        temperature=temperature,
        max_new_tokens=config.max_new_tokens,
        seed=seed,
        on_progress=ProgressReporter(context.emit, phase),
    )

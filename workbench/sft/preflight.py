"""Will it fit, and how long will it take: memory, time and disk of an SFT run before anything starts.

Estimates, not promises. Memory follows from shapes (weights, gradients and Adam's two moments, activations as in
Korthikanti et al. 2022, logits); time from the operations of a token (2 per parameter forward, 2 to 4 backward;
Kaplan et al. 2020) over the speed of this machine's matrix products, or from an earlier run of the same model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.models.facts import ModelFacts
from workbench.models.machine import Machine, matmul_flops, qlora_problem
from workbench.models.spec import ModelSpec
from workbench.models.token_counts import estimated_tokens, token_counts
from workbench.sft.config import SFTConfig

GIB = 2**30
PROGRAM_BYTES = int(0.9 * GIB)
"""Python with torch, transformers, trl and the sentence embeddings."""
MARGIN = 0.9
"""Share of the free memory that may be planned with."""
CHECKPOINTS_KEPT = 3
"""The newest two and the best."""
GPU_FLOPS = 60e12
"""What a data-centre GPU reaches at least in bfloat16 products; consumer cards reach less."""
GPU_SHARE, CPU_SHARE, SMALL_CPU_SHARE = 0.3, 0.5, 0.25
"""Share of the product's speed that training reaches; models narrower than 512 spend more time between products."""
DECODE_BATCH = 64
TEMPLATE_TOKENS = 12


@dataclass(frozen=True, slots=True)
class DataShape:
    """How large the data is, in the model's tokens where its tokenizer is here."""

    rows: int
    """Training demonstrations."""
    tokens: int
    """Of all training rows, prompts included."""
    longest: int
    """Tokens of the longest row."""
    held_out: int
    """Prompts of the test split."""
    exact: bool
    """Whether the tokens were counted; otherwise they follow from the characters."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a run needs beside what there is, in bytes and seconds."""

    memory: int
    memory_free: int
    parts: dict[str, int]
    """What the memory is for."""
    seconds: tuple[float, float]
    """From, to."""
    disk: int
    disk_free: int
    device: str
    problems: tuple[str, ...]
    """What stands in the way."""
    change: dict[str, Any]
    """Settings with which the memory would do; empty where it does already, or where nothing helps."""

    @property
    def fits(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.problems


def data_shape(rows: Sequence[tuple[str, str, str]], model: ModelSpec) -> DataShape:
    """The size of (prompt, response, split) rows for a model that reads them."""
    training = [f"{prompt}\n{response}" for prompt, response, split in rows if split == "train"]
    held_out = sum(split == "test" for _, _, split in rows)
    counted = token_counts(model, training)
    texts = [estimated_tokens(text) for text in training] if counted is None else counted
    lengths = [tokens + TEMPLATE_TOKENS for tokens in texts]
    return DataShape(len(training), sum(lengths), max(lengths, default=0), held_out, counted is not None)


def preflight(
    facts: ModelFacts, config: SFTConfig, data: DataShape, machine: Machine, tokens_per_second: float | None = None
) -> Preflight:
    """Estimate a run.

    Args:
        tokens_per_second: of an earlier run of the same model and method on this machine.
    """
    parts = memory_parts(facts, config, data, machine)
    memory, free = sum(parts.values()), machine.training_memory
    disk = _disk(facts, config)
    problems = list(facts.problems)
    if config.method == "qlora" and (problem := qlora_problem()):
        problems.append(problem)
    change: dict[str, Any] = {}
    if memory > MARGIN * free:
        change = _fitting(facts, config, data, machine)
        problems.append(_memory_sentence(memory, free, machine, change))
    if disk > MARGIN * machine.disk:
        problems.append(f"It needs {written(disk)} of disk, and {written(machine.disk)} are free: make room first.")
    return Preflight(
        memory=memory,
        memory_free=free,
        parts=parts,
        seconds=_seconds(facts, config, data, machine, tokens_per_second),
        disk=disk,
        disk_free=machine.disk,
        device=machine.gpu.name if machine.gpu else f"CPU, {machine.cores} cores",
        problems=tuple(problems),
        change=change,
    )


def trainable_parameters(facts: ModelFacts, config: SFTConfig) -> int:
    """Weights that are trained: all, or those of the adapter (rank × (inputs + outputs) of each adapted layer)."""
    if config.method == "full":
        return facts.parameters
    feed_forward = 3 * (facts.hidden + facts.intermediate)
    attention = 8 * facts.hidden if config.lora_targets == "all-linear" else 0
    return config.lora_rank * facts.layers * (feed_forward + attention)


def memory_parts(facts: ModelFacts, config: SFTConfig, data: DataShape, machine: Machine) -> dict[str, int]:
    """Bytes by what they are for, on the device that trains."""
    number = 2 if machine.gpu else 4
    per_weight = {"full": 4.0, "qlora": 0.55, "lora": float(number)}[config.method]
    trained = trainable_parameters(facts, config)
    rows = config.micro_batch_size or config.batch_size
    tokens = rows * min(max(data.longest, 1), config.max_length)
    layer = tokens * (10 * facts.hidden + 4 * facts.intermediate) * number
    kept = tokens * 2 * facts.hidden * number * facts.layers + layer
    return {
        "program": 0 if machine.gpu else PROGRAM_BYTES,
        "weights": int(facts.parameters * per_weight),
        # Gradient and Adam's two moments; an adapter's own weights come on top.
        "training state": trained * (12 if config.method == "full" else 16),
        "activations": kept if config.gradient_checkpointing else layer * facts.layers,
        "logits": tokens * facts.vocabulary * 4 * 3,
    }


def written(size: float) -> str:
    """Bytes as people say them."""
    if size < 0.1 * GIB:
        return f"{size / 2**20:.0f} MB"
    return f"{size / GIB:.1f} GB" if size < 100 * GIB else f"{size / GIB:.0f} GB"


def _fitting(facts: ModelFacts, config: SFTConfig, data: DataShape, machine: Machine) -> dict[str, Any]:
    """The first changes, from the mildest on and each on top of the last, with which the memory does; else none."""
    change: dict[str, Any] = {}
    rows = config.micro_batch_size or config.batch_size
    steps: list[dict[str, Any]] = [
        {"micro_batch_size": size} for size in (8, 4, 2, 1) if size < rows and config.batch_size % size == 0
    ]
    if not config.gradient_checkpointing:
        steps.append({"gradient_checkpointing": True})
    if config.method == "full":
        steps.append({"method": "lora"})
    if config.method != "qlora" and qlora_problem() is None:
        steps.append({"method": "qlora"})
    steps += [{"max_length": length} for length in (512, 256) if length < config.max_length]
    for step in steps:
        change |= step
        parts = memory_parts(facts, config.model_copy(update=change), data, machine)
        if sum(parts.values()) <= MARGIN * machine.training_memory:
            return change
    return {}


def _memory_sentence(memory: int, free: int, machine: Machine, change: dict[str, Any]) -> str:
    where = machine.gpu.name if machine.gpu else "this machine"
    need = f"It needs about {written(memory)} of memory, and {where} has {written(free)} free."
    if change:
        settings = ", ".join(f"{name} = {_said(value)}" for name, value in change.items())
        return f"{need} It would fit with {settings}."
    return f"{need} No setting makes it fit: choose a smaller model, or a machine with more memory."


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _seconds(
    facts: ModelFacts, config: SFTConfig, data: DataShape, machine: Machine, tokens_per_second: float | None
) -> tuple[float, float]:
    tokens = min(data.tokens, data.rows * config.max_length) * config.epochs
    speed = _speed(facts, machine)
    operations = facts.parameters * (
        {"full": 6, "lora": 4, "qlora": 5}[config.method] + 2 * config.gradient_checkpointing
    )
    training = tokens / tokens_per_second if tokens_per_second else tokens * operations / speed
    prompts = min(data.held_out, config.evaluate_limit)
    # Each model answers: so many steps of a whole batch, each reading all weights and computing with them.
    decode_steps = 2 * -(-prompts // DECODE_BATCH) * config.max_new_tokens
    answering = decode_steps * facts.parameters * 2 * DECODE_BATCH / speed
    known = training + answering
    spread = 1.3 if tokens_per_second else 2.5
    start = 15.0  # importing and loading
    return start + known / spread, start + known * spread


def _speed(facts: ModelFacts, machine: Machine) -> float:
    if machine.gpu:
        return GPU_FLOPS * GPU_SHARE
    return matmul_flops() * (CPU_SHARE if facts.hidden >= 512 else SMALL_CPU_SHARE)


def _disk(facts: ModelFacts, config: SFTConfig) -> int:
    trained = trainable_parameters(facts, config)
    # A checkpoint holds weights and Adam's moments, the result the weights.
    return facts.download_bytes + trained * 4 * (3 * CHECKPOINTS_KEPT + 1)

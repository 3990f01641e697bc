"""This engine's side of `ppo_throughput`: ``python -m benchmarks.ppo_ours SHAPE UPDATES``."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.ppo_shapes import END, LORA_ALPHA, LORA_RANK, PAD, PPO_EPOCHS, SHAPES, Shape
from workbench.ppo import PPOConfig, PPOTrainer, Prompt, SharedTrunk, new_actor_critic, trunk_scorer
from workbench.reward_model.scoring import REWARD_ADAPTER, ScoreHead

PARTS = ("generate", "score", "reference", "update")


class Tokens:
    """A tokenizer is of no use to random tokens."""

    eos_token_id, pad_token_id, chat_template = END, PAD, None

    def decode(self, ids: list[int], skip_special_tokens: bool = True) -> str:
        return " ".join(map(str, ids))


def main() -> None:
    """Print one JSON object."""
    shape, updates = SHAPES[sys.argv[1]], int(sys.argv[2])
    trainer = new_trainer(shape, updates)
    seconds, processor, parts = [], [], []
    for _ in range(updates):
        began, used = time.perf_counter(), time.process_time()
        metrics = trainer.step().metrics
        seconds.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
        parts.append({part: metrics[f"seconds/{part}"] for part in PARTS})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    split = {part: statistics.median(row[part] for row in parts[1:]) for part in PARTS}
    figures = {
        "episodes_per_second": shape.batch / statistics.median(seconds[1:]),
        "episodes_per_processor_second": shape.batch / statistics.median(processor[1:]),
        "seconds": split,
        "peak_memory_mib": peak,
        **against_bare_products(trainer, shape),
    }
    print(json.dumps(figures))


def new_trainer(shape: Shape, updates: int) -> PPOTrainer:
    """Policy, reference, value head and reward model on one random trunk."""
    torch.manual_seed(0)
    config = PPOConfig(
        total_episodes=shape.batch * updates,
        batch_size=shape.batch,
        minibatch_size=shape.batch,
        micro_batch_size=4 if shape.batch == 8 else None,
        ppo_epochs=PPO_EPOCHS,
        max_prompt_tokens=shape.prompt,
        max_new_tokens=shape.response,
        lora_rank=LORA_RANK,
        lora_alpha=LORA_ALPHA,
        lora_targets="all-linear",
    )
    policy = new_actor_critic(LlamaForCausalLM(LlamaConfig(**shape.configuration())), config)
    assert isinstance(policy, SharedTrunk)
    policy.model.add_adapter(REWARD_ADAPTER, policy.model.peft_config["policy"])
    policy.model.set_adapter("policy")
    head = ScoreHead(torch.randn(shape.width))
    ids = torch.randint(5, shape.vocabulary, (64, shape.prompt))
    prompts = [Prompt(str(row), tokens.tolist()) for row, tokens in enumerate(ids)]
    return PPOTrainer(config, policy, Tokens(), trunk_scorer(policy, head), prompts)  # type: ignore[arg-type]


def against_bare_products(trainer: PPOTrainer, shape: Shape) -> dict[str, float]:
    """What decoding and learning cost beside the matrix products that they cannot do without, taken in turn."""
    decoding, learning = [], []
    for _ in range(3):
        metrics = trainer.step().metrics
        prefill, step = _forward_seconds(shape, shape.batch * shape.prompt, 0), _forward_seconds(shape, shape.batch)
        decoding.append(metrics["seconds/generate"] / (prefill + shape.response * step))
        passes = _forward_seconds(shape, shape.batch * (shape.prompt + shape.response), shape.batch * shape.response, 2)
        learning.append(metrics["seconds/update"] / (PPO_EPOCHS * passes))
    return {
        "decoding_against_products": statistics.median(decoding),
        "update_against_products": statistics.median(learning),
    }


def _forward_seconds(shape: Shape, rows: int, head_rows: int | None = None, directions: int = 1) -> float:
    """Seconds of the bare weight products for so many tokens; with 2 directions also those of the way back.

    Frozen weights need one product forward and one backward each; the adapters' own are left out of the account.
    """
    layer = sum(_product_seconds(rows, inputs, outputs, directions) for inputs, outputs in shape.products())
    head = _product_seconds(rows if head_rows is None else head_rows, shape.width, shape.vocabulary, directions)
    return layer * shape.layers + head


def _product_seconds(rows: int, inputs: int, outputs: int, directions: int) -> float:
    if rows == 0:
        return 0.0
    # As many different weights as lie beyond the caches, as in a model.
    weights = [torch.randn(outputs, inputs) for _ in range(max(1, min(30, 2**25 // (inputs * outputs))))]
    states, gradients = torch.randn(rows, inputs), torch.randn(rows, outputs)

    def forward() -> None:
        for weight in weights:
            torch.nn.functional.linear(states, weight)

    def backward() -> None:
        for weight in weights:
            gradients @ weight

    with torch.no_grad():
        total = _seconds(forward) + (_seconds(backward) if directions == 2 else 0.0)
    return total / len(weights)


def _seconds(work: Callable[[], Any]) -> float:
    work()
    times = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


if __name__ == "__main__":
    main()

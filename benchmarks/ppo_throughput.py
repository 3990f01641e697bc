"""Episodes per second of the PPO engine on the embedded model, and where the time goes."""

from __future__ import annotations

import json
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from workbench.demo.company import load_demonstrations
from workbench.models.chat import encode_prompt
from workbench.models.loading import load_merged, load_tokenizer
from workbench.models.spec import ModelSpec
from workbench.ppo import train
from workbench.ppo.config import PPOConfig
from workbench.ppo.policy import SharedTrunk
from workbench.ppo.types import Rollout

UPDATES = 6
CONFIG = PPOConfig(total_episodes=32 * UPDATES, batch_size=32, minibatch_size=32, ppo_epochs=4, max_new_tokens=48)


def main() -> None:
    """Print the figures as JSON: medians over updates, the first one left out."""
    spec = ModelSpec()
    tokenizer = load_tokenizer(spec)
    prompts = [train.Prompt(row.prompt, encode_prompt(tokenizer, row.prompt)) for row in load_demonstrations()]
    policy = SharedTrunk(load_merged(spec, Path()), CONFIG.lora_rank, CONFIG.lora_alpha)
    trainer = train.PPOTrainer(CONFIG, policy, tokenizer, _brevity, prompts)
    parts: dict[str, list[float]] = defaultdict(list)
    _time_calls(trainer, "_learn", "update", parts)
    _time_calls(trainer, "_reference_logprobs", "reference", parts)
    _time_calls(train, "sample_rollout", "generate", parts)
    seconds = []
    for _ in range(UPDATES):
        began = time.perf_counter()
        trainer.step()
        seconds.append(time.perf_counter() - began)
    figures = {
        "benchmark": "ppo_throughput",
        "threads": torch.get_num_threads(),
        "episodes_per_second": CONFIG.batch_size / statistics.median(seconds[1:]),
        "seconds": {name: statistics.median(values[1:]) for name, values in parts.items()},
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


def _brevity(rollout: Rollout) -> torch.Tensor:
    """A reward that costs nothing to compute, so that the engine alone is measured."""
    return -rollout.lengths().float() / 48


def _time_calls(owner: Any, name: str, part: str, parts: dict[str, list[float]]) -> None:
    inner: Callable[..., Any] = getattr(owner, name)

    def timed(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        result = inner(*args, **kwargs)
        parts[part].append(time.perf_counter() - began)
        return result

    setattr(owner, name, timed)


if __name__ == "__main__":
    main()

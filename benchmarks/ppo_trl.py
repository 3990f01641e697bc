"""TRL 1.12.0's side of `ppo_throughput`, in its own environment: ``python -m benchmarks.ppo_trl SHAPE UPDATES``.

As TRL's own example has it: a LoRA policy whose reference is the policy without adapter, a value model of its own, all
of whose weights learn, and a reward model of its own.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
    TrainerCallback,
)
from trl.experimental.ppo import PPOConfig, PPOTrainer, ppo_trainer

from benchmarks.ppo_shapes import LORA_ALPHA, LORA_RANK, PPO_EPOCHS, SHAPES, Shape


class Clock(TrainerCallback):
    """When each update ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []
        self.processor: list[float] = []

    def on_step_end(self, *arguments: Any, **named: Any) -> None:
        self.ends.append(time.perf_counter())
        self.processor.append(time.process_time())


def main() -> None:
    """Print one JSON object."""
    shape, updates = SHAPES[sys.argv[1]], int(sys.argv[2])
    clock = Clock()
    calls: dict[str, list[tuple[float, float]]] = {}
    for function in ("batch_generation", "get_reward", "forward"):
        _record(function, calls)
    with tempfile.TemporaryDirectory() as folder:
        new_trainer(shape, updates, folder, clock).train()
    seconds = [end - begin for begin, end in pairwise(clock.ends)]
    split = _split(calls, clock.ends)
    figures = {
        "episodes_per_second": shape.batch / statistics.median(seconds),
        "episodes_per_processor_second": shape.batch / statistics.median(b - a for a, b in pairwise(clock.processor)),
        "seconds": {**split, "update": statistics.median(seconds) - sum(split.values())},
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


def new_trainer(shape: Shape, updates: int, folder: str, clock: Clock) -> PPOTrainer:
    """TRL's trainer with the settings that this engine has."""
    torch.manual_seed(0)
    configuration = LlamaConfig(**shape.configuration())
    scoring = LlamaConfig(**shape.configuration() | {"num_labels": 1})
    prompts = torch.randint(5, shape.vocabulary, (64, shape.prompt)).tolist()
    arguments = PPOConfig(
        output_dir=folder,
        per_device_train_batch_size=shape.batch,
        gradient_accumulation_steps=1,
        num_mini_batches=1,
        num_ppo_epochs=PPO_EPOCHS,
        total_episodes=shape.batch * updates,
        response_length=shape.response,
        local_rollout_forward_batch_size=shape.batch,
        stop_token="eos",
        missing_eos_penalty=1.0,
        temperature=1.0,
        learning_rate=1e-3,
        num_sample_generations=0,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        bf16=False,
        disable_tqdm=True,
        gradient_checkpointing=False,
    )
    return PPOTrainer(
        args=arguments,
        processing_class=_tokenizer(shape),
        model=LlamaForCausalLM(configuration),
        ref_model=None,
        reward_model=LlamaForSequenceClassification(scoring),
        value_model=LlamaForSequenceClassification(scoring),
        train_dataset=Dataset.from_dict({"input_ids": prompts}),
        eval_dataset=Dataset.from_dict({"input_ids": prompts[: shape.batch]}),
        peft_config=LoraConfig(r=LORA_RANK, lora_alpha=LORA_ALPHA, target_modules="all-linear", task_type="CAUSAL_LM"),
        callbacks=[clock],
    )


def _tokenizer(shape: Shape) -> PreTrainedTokenizerFast:
    words = {f"w{index}": index for index in range(shape.vocabulary)}
    tokenizer = Tokenizer(WordLevel(words, unk_token="w1"))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="w0", eos_token="w2", padding_side="left")


def _record(name: str, calls: dict[str, list[tuple[float, float]]]) -> None:
    """Keep when each call of a function of TRL's module without gradients began, and how long it took."""
    inner = getattr(ppo_trainer, name)

    def recorded(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        result = inner(*arguments, **named)
        if not torch.is_grad_enabled() or name == "batch_generation":
            calls.setdefault(name, []).append((began, time.perf_counter() - began))
        return result

    setattr(ppo_trainer, name, recorded)


def _split(calls: dict[str, list[tuple[float, float]]], ends: list[float]) -> dict[str, float]:
    """Median seconds per update of each part; TRL's values come from the same function as its scores."""
    names = {"batch_generation": "generate", "get_reward": "score", "forward": "reference"}
    split = {}
    for name, part in names.items():
        per_update = [
            sum(took for began, took in calls.get(name, ()) if begin < began < end) for begin, end in pairwise(ends)
        ]
        split[part] = statistics.median(per_update)
    return split


if __name__ == "__main__":
    main()

"""Does the engine reach the optimum? Three tasks whose best reward is known, five seeds each, under a KL budget.

A tiny random model answers; a score counts tokens, looks at the length, or adds up a lexicon. Prints one JSON object:
the score at first and at last, the KL that it took, and each task's worst seed. The best possible score is 1.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.ppo_ours import Tokens
from benchmarks.ppo_shapes import END
from workbench.ppo import PPOConfig, PPOTrainer, Prompt, Responses, new_actor_critic

VOCABULARY, LONGEST, WISHED = 24, 8, 4
TARGET, GOOD, BAD = 7, (8, 9, 10, 11), (12, 13, 14, 15)
SEEDS = range(5)
UPDATES = {"target token": 300, "target length": 100, "lexicon": 100}
"""One token eight times over is the furthest from a random model of the three."""
KL_BUDGET = {"target token": 60.0, "target length": 20.0, "lexicon": 40.0}
"""Nats per response. One token of 24 eight times over costs 25 nats from a uniform start, and up to twice that where
the random model dislikes it; four of 24 cost less, and a length leaves the choice of tokens free."""


def target_token(responses: Responses) -> torch.Tensor:
    """Share of the tokens that are the target; 1 at best. The end token is one of them, so the best never ends."""
    rollout = responses.rollout
    hits = (rollout.response_ids == TARGET) & rollout.response_mask
    return hits.sum(dim=1) / LONGEST


def target_length(responses: Responses) -> torch.Tensor:
    """1 for a response of exactly the wished length that ends by itself, less with each token away from it."""
    rollout = responses.rollout
    away = (rollout.lengths() - WISHED).abs().float()
    return (1 - away / WISHED) - 1.0 * ~rollout.ended


def lexicon(responses: Responses) -> torch.Tensor:
    """Good words less bad words, as a share of the longest response; 1 at best."""
    rollout = responses.rollout
    ids, mask = rollout.response_ids, rollout.response_mask
    good = torch.isin(ids, torch.tensor(GOOD)) & mask
    bad = torch.isin(ids, torch.tensor(BAD)) & mask
    return (good.sum(dim=1) - bad.sum(dim=1)) / LONGEST


TASKS: dict[str, Callable[[Responses], torch.Tensor]] = {
    "target token": target_token,
    "target length": target_length,
    "lexicon": lexicon,
}
"""The best score of each is 1."""


def _model() -> LlamaForCausalLM:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=64,
            eos_token_id=END,
            initializer_range=0.3,  # the frozen output layer must be able to be sure of something
        )
    )


def _config(task: str, seed: int, updates: int) -> PPOConfig:
    return PPOConfig(
        total_episodes=128 * updates,
        batch_size=128,
        minibatch_size=32,
        ppo_epochs=4,
        learning_rate=5e-3,
        kl_coef=1e-3,
        kl_limit=KL_BUDGET[task],
        value_coef=1.0,  # scores are of size 1 here, and the value head has to learn them in a hundred updates
        missing_eos_penalty=0.0,
        max_new_tokens=LONGEST,
        lora_rank=8,
        lora_alpha=16,
        lora_targets="all-linear",
        seed=seed,
    )


def learn(task: str, seed: int, updates: int | None = None) -> dict[str, float]:
    """One run, of as many updates as the task has unless told; scores are means over the first three and last five."""
    torch.manual_seed(seed)
    config = _config(task, seed, updates or UPDATES[task])
    prompts = [Prompt(str(i), [16 + i % 8, 20, 21][: 1 + i % 3]) for i in range(12)]
    policy = new_actor_critic(_model(), config)
    trainer = PPOTrainer(config, policy, Tokens(), TASKS[task], prompts)  # type: ignore[arg-type]
    metrics = [report.metrics for report in trainer.updates()]
    scores = [values["objective/scores"] for values in metrics]
    return {
        "before": statistics.fmean(scores[:3]),
        "after": statistics.fmean(scores[-5:]),
        "kl": statistics.fmean(values["objective/kl"] for values in metrics[-5:]),
        "updates": float(len(metrics)),
    }


def main() -> None:
    """Print every run and the worst of each task."""
    chosen = sys.argv[1:] or list(TASKS)
    results: dict[str, Any] = {task: [learn(task, seed) for seed in SEEDS] for task in chosen}
    worst = {task: min(run["after"] for run in runs) for task, runs in results.items()}
    print(json.dumps({"benchmark": "ppo_learning", "optimum": 1.0, "worst": worst, "runs": results}))


if __name__ == "__main__":
    main()

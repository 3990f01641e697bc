"""The PPO loop, in the papers' order: sample → score → reward → advantage → update → measure.

Ziegler et al. 2019 (arXiv 1909.08593), Stiennon et al. 2020 (2009.01325), Ouyang et al. 2022 (2203.02155), and
"The N implementation details of RLHF with PPO" (Huang et al. 2023).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from transformers import PreTrainedTokenizerBase

from workbench.models.chat import decode_response
from workbench.ppo.advantages import explained_variance, generalised_advantages, masked_mean, masked_whiten
from workbench.ppo.config import PPOConfig
from workbench.ppo.losses import approximate_kl, policy_loss, selected_logprobs, value_loss
from workbench.ppo.policy import SharedTrunk
from workbench.ppo.prompts import PromptOrder
from workbench.ppo.rewards import estimate_kl, penalise_missing_end, shape_rewards
from workbench.ppo.rollout import SamplingSettings, sample_rollout
from workbench.ppo.types import Experience, RewardFunction, Rollout, TrainingSample, UpdateReport


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as text and as the ids that the policy reads."""

    text: str
    ids: list[int]


class PPOTrainer:
    """Optimises a policy against a reward function, near its reference.

    ``for report in trainer.updates(): ...`` runs to the end; ``save`` and ``load`` between two updates
    interrupt and continue it without a trace in the numbers.
    """

    def __init__(
        self,
        config: PPOConfig,
        policy: SharedTrunk,
        tokenizer: PreTrainedTokenizerBase,
        reward_function: RewardFunction,
        prompts: Sequence[Prompt],
    ) -> None:
        self.config = config
        self.tokenizer = tokenizer
        self.reward_function = reward_function
        self.prompts = prompts
        self.accelerator = Accelerator(cpu=not torch.cuda.is_available())
        self.policy = policy.to(self.accelerator.device)
        self.total_updates = max(1, -(-config.total_episodes // config.batch_size))
        self.update = 0
        self.sampling = SamplingSettings(
            max_new_tokens=config.max_new_tokens,
            temperature=config.temperature,
            end_token=int(tokenizer.eos_token_id),
            pad_token=int(tokenizer.pad_token_id),
        )
        self.generator = torch.Generator().manual_seed(config.seed)
        self.order = PromptOrder(len(prompts), config.seed)
        self.parameters = policy.trainable_parameters()
        self.optimizer: Any = torch.optim.AdamW(self.parameters, lr=config.learning_rate, eps=1e-5, weight_decay=0.0)
        self.scheduler = LambdaLR(self.optimizer, self._rate)

    def updates(self) -> Iterator[UpdateReport]:
        """Run the remaining updates, giving a report after each."""
        while self.update < self.total_updates:
            yield self.step()

    def step(self) -> UpdateReport:
        """One update: a batch of episodes, and what the policy learns from it."""
        began = time.perf_counter()
        # 1. Sample: the policy answers a batch of prompts.
        batch = [self.prompts[index] for index in self.order.take(self.config.batch_size)]
        rollout = sample_rollout(self.policy, [prompt.ids for prompt in batch], self.sampling, self.generator)
        # 2 to 4. Score, reward, advantage.
        experience = self.evaluate_rollout(rollout)
        # 5. Update: clipped policy and value losses over shuffled minibatches.
        losses = self._learn(experience)
        # 6. Measure.
        metrics = self._measure(experience, losses, seconds=time.perf_counter() - began)
        self.scheduler.step()
        self.update += 1
        samples = self._samples(batch[:4], experience)
        return UpdateReport(self.update, self.total_updates, metrics, samples)

    @torch.no_grad()
    def evaluate_rollout(self, rollout: Rollout) -> Experience:
        """Score a rollout, penalise its distance from the reference, and estimate advantages."""
        config, mask = self.config, rollout.response_mask
        scores = penalise_missing_end(self.reward_function(rollout), rollout.ended, config.missing_eos_penalty)
        kl = estimate_kl(rollout.logprobs, self._reference_logprobs(rollout), config.kl_estimator) * mask
        rewards = shape_rewards(scores, kl, mask, config.kl_coef)
        advantages, returns = generalised_advantages(rewards, rollout.values, mask, config.gamma, config.lam)
        if config.whiten_advantages:
            advantages = masked_whiten(advantages, mask)
        return Experience(rollout, scores, kl, rewards, advantages, returns)

    def _reference_logprobs(self, rollout: Rollout) -> Tensor:
        with self.policy.as_reference():
            logprobs, _, _ = self._response_pass(rollout, slice(None))
        return logprobs * rollout.response_mask

    def _response_pass(self, rollout: Rollout, rows: Any) -> tuple[Tensor, Tensor, Tensor]:
        """Log-probabilities, entropies and values at every response token of some rows, [b, T] each."""
        ids = rollout.response_ids[rows]
        # The position before a token predicts it: one position more than there are response tokens, less the last.
        logits, values, _ = self.policy(
            rollout.sequences[rows], rollout.attention_mask[rows], last=ids.shape[1] + 1, use_cache=False
        )
        logprobs, entropy = selected_logprobs(logits[:, :-1] / self.config.temperature, ids)
        return logprobs, entropy, values[:, :-1]

    def _learn(self, experience: Experience) -> dict[str, float]:
        self.policy.train()
        totals: dict[str, list[float]] = {}
        count = len(experience.scores)
        for _ in range(self.config.ppo_epochs):
            shuffled = torch.randperm(count, generator=self.generator)
            for rows in torch.split(shuffled, self.config.minibatch_size):
                for name, value in self._minibatch_step(experience, rows).items():
                    totals.setdefault(name, []).append(value)
        return {name: sum(values) / len(values) for name, values in totals.items()}

    def _minibatch_step(self, experience: Experience, rows: Tensor) -> dict[str, float]:
        config, rollout = self.config, experience.rollout
        mask = rollout.response_mask[rows]
        logprobs, entropy, values = self._response_pass(rollout, rows)
        old_logprobs = rollout.logprobs[rows]
        surrogate, clipped = policy_loss(logprobs, old_logprobs, experience.advantages[rows], mask, config.clip_range)
        value = value_loss(values, rollout.values[rows], experience.returns[rows], mask, config.value_clip_range)
        mean_entropy = masked_mean(entropy, mask)
        loss = surrogate + config.value_coef * value - config.entropy_coef * mean_entropy
        self.optimizer.zero_grad()
        self.accelerator.backward(loss)
        norm = self.accelerator.clip_grad_norm_(self.parameters, config.max_grad_norm)
        self.optimizer.step()
        with torch.no_grad():
            ratio = masked_mean(torch.exp(logprobs - old_logprobs), mask)
            moved = approximate_kl(logprobs, old_logprobs, mask)
        return {
            "loss/policy": surrogate.item(),
            "loss/value": value.item(),
            "objective/entropy": mean_entropy.item(),
            "policy/clipfrac": clipped.item(),
            "policy/approx_kl": moved.item(),
            "policy/ratio": ratio.item(),
            "policy/grad_norm": float(norm),
        }

    def _measure(self, experience: Experience, losses: dict[str, float], seconds: float) -> dict[str, float]:
        rollout = experience.rollout
        lengths = rollout.lengths().float()
        kl = experience.kl.sum(dim=1)
        return {
            "objective/scores": experience.scores.mean().item(),
            "objective/kl": kl.mean().item(),
            "objective/rlhf_reward": experience.rewards.sum(dim=1).mean().item(),
            "response/length": lengths.mean().item(),
            "response/eos_rate": rollout.ended.float().mean().item(),
            "value/explained_variance": explained_variance(rollout.values, experience.returns, rollout.response_mask),
            "throughput/tokens_per_second": lengths.sum().item() / seconds,
            "throughput/episodes": float((self.update + 1) * self.config.batch_size),
            "learning_rate": float(self.scheduler.get_last_lr()[0]),
            **losses,
        }

    def _samples(self, batch: Sequence[Prompt], experience: Experience) -> list[TrainingSample]:
        rollout = experience.rollout
        kl, lengths = experience.kl.sum(dim=1), rollout.lengths()
        return [
            TrainingSample(
                prompt=prompt.text,
                response=decode_response(
                    self.tokenizer, rollout.response_ids[row][rollout.response_mask[row]].tolist()
                ),
                score=experience.scores[row].item(),
                kl=kl[row].item(),
                length=int(lengths[row]),
            )
            for row, prompt in enumerate(batch)
        ]

    def answer(self, prompts: Sequence[Prompt]) -> tuple[list[TrainingSample], Experience]:
        """Likeliest responses to fixed prompts, scored; changes nothing of the run."""
        greedy = SamplingSettings(self.config.max_new_tokens, 0.0, self.sampling.end_token, self.sampling.pad_token)
        experience = self.evaluate_rollout(
            sample_rollout(self.policy, [prompt.ids for prompt in prompts], greedy, generator=None)
        )
        return self._samples(prompts, experience), experience

    def save(self, folder: Path) -> None:
        """Everything that the next update depends on."""
        state = {
            "update": self.update,
            "parameters": [parameter.detach().cpu() for parameter in self.parameters],
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "generator": self.generator.get_state(),
            "global_generator": torch.get_rng_state(),
            "order": self.order.state(),
        }
        torch.save(state, folder / "ppo_state.pt")

    def load(self, folder: Path) -> None:
        """Continue from what ``save`` wrote."""
        state = torch.load(folder / "ppo_state.pt", weights_only=True)
        self.update = state["update"]
        with torch.no_grad():
            for parameter, saved in zip(self.parameters, state["parameters"], strict=True):
                parameter.copy_(saved)
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["global_generator"])
        self.order.restore(state["order"])

    def _rate(self, update: int) -> float:
        """Linear warm-up, then linear decay to 0 at the end of the run."""
        warmup = self.config.warmup_ratio * self.total_updates
        if update < warmup:
            return (update + 1) / (warmup + 1)
        return max(0.0, (self.total_updates - update) / max(1.0, self.total_updates - warmup))

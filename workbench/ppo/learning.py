"""Step 5 of the loop: what the policy and the value function learn from one batch of experience."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workbench.ppo.advantages import masked_mean
from workbench.ppo.config import PPOConfig
from workbench.ppo.demonstration_mix import DemonstrationMix
from workbench.ppo.losses import approximate_kl, kl_loss, policy_loss, value_loss
from workbench.ppo.policy import ActorCritic
from workbench.ppo.types import Experience

Figures = dict[str, float]


@dataclass(slots=True)
class Learner:
    """Clipped losses over shuffled minibatches, several passes over each batch."""

    config: PPOConfig
    policy: ActorCritic
    optimizer: Any
    accelerator: Any
    parameters: list[nn.Parameter]
    mix: DemonstrationMix | None = None

    def learn(self, experience: Experience, kl_coef: float, generator: torch.Generator) -> Figures:
        """One update; returns its figures, means over the optimiser steps taken."""
        self.policy.eval()  # no dropout, or the ratio would not begin at 1
        taken: list[Figures] = []
        stopped = 0.0
        for rows in self._minibatches(len(experience.scores), generator):
            figures = self._add_gradients(experience, rows, kl_coef)
            limit = self.config.update_kl_limit
            if limit is not None and taken and figures["policy/approx_kl"] > limit:
                stopped = 1.0  # this far from the policy that sampled, its samples are no longer trusted
                break
            norm = self.accelerator.clip_grad_norm_(self.parameters, self.config.max_grad_norm)
            self.optimizer.step()
            taken.append({**figures, "policy/grad_norm": float(norm)})
        self.optimizer.zero_grad(set_to_none=True)
        means = {name: sum(figures[name] for figures in taken) / len(taken) for name in taken[0]}
        return {**means, "policy/optimizer_steps": float(len(taken)), "policy/stopped_early": stopped}

    def _minibatches(self, count: int, generator: torch.Generator) -> Iterator[Tensor]:
        for _ in range(self.config.ppo_epochs):
            yield from torch.split(torch.randperm(count, generator=generator), self.config.minibatch_size)

    def _add_gradients(self, experience: Experience, rows: Tensor, kl_coef: float) -> Figures:
        """Gradients of one minibatch, added up from its micro-batches: the split changes memory, not the result."""
        self.optimizer.zero_grad(set_to_none=True)
        rows = rows.to(self.policy.device)
        count = experience.rollout.response_mask[rows].sum()
        totals: Figures = {}
        for part in self._micro_batches(experience, rows):
            loss, figures = self._losses(experience, part, count, kl_coef)
            self.accelerator.backward(loss)
            for name, value in figures.items():
                totals[name] = totals.get(name, 0.0) + value.item()
        if self.mix is not None:
            forgetting = self.mix.loss(self.policy, self.config.demonstration_batch)
            self.accelerator.backward(self.config.demonstration_coef * forgetting)
            totals["loss/demonstrations"] = forgetting.item()
        return totals

    def _micro_batches(self, experience: Experience, rows: Tensor) -> Iterator[Tensor]:
        size = self.config.micro_batch_size
        if size is None or size >= len(rows):
            yield rows
            return
        # Rows of like length share a pass, so that less of it is padding.
        lengths = experience.rollout.attention_mask[rows].sum(dim=1)
        yield from torch.split(rows[lengths.argsort(stable=True)], size)

    def _losses(
        self, experience: Experience, rows: Tensor, count: Tensor, kl_coef: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        config = self.config
        rollout = experience.rollout.rows(rows)
        mask, width = rollout.response_mask, rollout.response_ids.shape[1]
        advantages, returns = experience.advantages[rows, :width], experience.returns[rows, :width]
        now = self.policy.response_pass(rollout, config.temperature, entropy_gradient=config.entropy_coef > 0)
        surrogate, clipped = policy_loss(now.logprobs, rollout.logprobs, advantages, mask, config.clip_range, count)
        value, value_clipped = value_loss(now.values, rollout.values, returns, mask, config.value_clip_range, count)
        entropy = masked_mean(now.entropy, mask, count)
        loss = surrogate + config.value_coef * value
        if config.entropy_coef > 0:
            loss = loss - config.entropy_coef * entropy
        if config.kl_placement == "loss":
            loss = loss + kl_coef * kl_loss(now.logprobs, experience.reference_logprobs[rows, :width], mask, count)
        with torch.no_grad():
            ratio = masked_mean(torch.exp(now.logprobs - rollout.logprobs), mask, count)
            moved = approximate_kl(now.logprobs, rollout.logprobs, mask, count)
        return loss, {
            "loss/policy": surrogate.detach(),
            "loss/value": value.detach(),
            "objective/entropy": entropy.detach(),
            "policy/clipfrac": clipped.detach(),
            "policy/approx_kl": moved,
            "policy/ratio": ratio,
            "value/clipfrac": value_clipped.detach(),
        }

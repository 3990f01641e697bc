"""The PPO loop, in the papers' order: sample → score → reward → advantage → update → measure.

Ziegler et al. 2019 (arXiv 1909.08593), Stiennon et al. 2020 (2009.01325), Ouyang et al. 2022 (2203.02155), and
"The N implementation details of RLHF with PPO" (Huang et al. 2023). docs/ppo.md numbers every detail.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from accelerate import Accelerator
from transformers import PreTrainedTokenizerBase

from workbench.errors import InvalidInput
from workbench.models.chat import decode_response
from workbench.models.generation import context_length
from workbench.ppo.advantages import explained_variance, generalised_advantages, masked_whiten
from workbench.ppo.config import PPOConfig
from workbench.ppo.demonstration_mix import Demonstration, DemonstrationMix
from workbench.ppo.kl_control import KLController
from workbench.ppo.learning import Figures, Learner
from workbench.ppo.policy import ActorCritic
from workbench.ppo.prompts import Messages, PromptOrder, encode_prompts
from workbench.ppo.rewards import (
    RunningMoments,
    estimate_kl,
    normalise_scores,
    penalise_length,
    penalise_missing_end,
    shape_rewards,
)
from workbench.ppo.rollout import SamplingSettings, sample_rollout
from workbench.ppo.schedules import rate_factor
from workbench.ppo.scorers import combined_scores
from workbench.ppo.state import load_state, save_state
from workbench.ppo.types import Experience, Prompt, Responses, RewardFunction, Rollout, TrainingSample, UpdateReport

T = TypeVar("T")


class PPOTrainer:
    """Optimises a policy against reward functions, near its reference.

    ``for report in trainer.updates(): ...`` runs to the end; ``save`` and ``load`` between two updates
    interrupt and continue it without a trace in the numbers.
    """

    def __init__(
        self,
        config: PPOConfig,
        policy: ActorCritic,
        tokenizer: PreTrainedTokenizerBase,
        reward: RewardFunction | Sequence[RewardFunction],
        prompts: Sequence[str | Messages | Prompt],
        demonstrations: Sequence[Demonstration] = (),
    ) -> None:
        """``reward``: one reward function, or several whose scores are averaged. ``demonstrations``: prompts with human
        responses whose loss is mixed in where ``demonstration_coef`` is above 0.

        Raises:
            InvalidInput: no prompt fits, the tokenizer has no end token, or there are demonstrations and none fits.
                Prompts that do not fit are in ``left_out``.
        """
        self.config = config
        self.tokenizer = tokenizer
        self.rewards = [reward] if callable(reward) else list(reward)
        self.accelerator = one_process()
        self.policy = policy.to(self.accelerator.device)
        self.room = prompt_room(config, policy)
        self.prompts, self.left_out = self._fitting(prompts)
        self.total_updates = max(1, -(-config.total_episodes // config.batch_size))
        self.update = 0
        self.sampling = sampling_settings(config, tokenizer)
        self.generator = torch.Generator().manual_seed(config.seed)
        self.order = PromptOrder(len(self.prompts), config.seed)
        self.moments = RunningMoments()
        self.kl_controller = KLController(config.kl_coef, config.kl_target, config.kl_horizon)
        self.learning_rate = config.learning_rate
        """The schedule's peak; may be set between two updates."""
        self.parameters = list(policy.trained().values())
        self.optimizer: Any = torch.optim.AdamW(self.parameters, lr=config.learning_rate, eps=1e-5, weight_decay=0.0)
        self.mix = self._mix(demonstrations)
        self.learner = Learner(config, policy, self.optimizer, self.accelerator, self.parameters, self.mix)
        self.ended_because: str | None = None
        """Why the run ended before its last update, where it did."""
        self._seconds: dict[str, float] = {}

    def updates(self) -> Iterator[UpdateReport]:
        """Run the remaining updates, giving a report after each."""
        while self.update < self.total_updates and self.ended_because is None:
            yield self.step()

    def step(self) -> UpdateReport:
        """One update: a batch of episodes, and what the policy learns from it."""
        config, began = self.config, time.perf_counter()
        rate = self._set_rate()
        # 1. Sample: the policy answers a batch of prompts.
        batch = [self.prompts[index] for index in self.order.take(config.batch_size)]
        rollout = self._timed("generate", lambda: self.sample(batch, self.sampling, self.generator))
        # 2 to 4. Score, reward, advantage.
        experience = self.evaluate_rollout(batch, rollout, learn_scale=True)
        # 5. Update: clipped policy and value losses over shuffled minibatches.
        kl_coef = self.kl_controller.coef
        losses = self._timed("update", lambda: self.learner.learn(experience, kl_coef, self.generator))
        # 6. Measure.
        kl = experience.kl.sum(dim=1).mean().item()
        self.kl_controller.update(kl, config.batch_size)
        if config.kl_limit is not None and kl > config.kl_limit:
            self.ended_because = f"the KL of {kl:.2f} nats per response is above the limit of {config.kl_limit:g}"
        self.update += 1
        seconds = time.perf_counter() - began
        metrics = self._measure(experience, seconds) | losses | {"learning_rate": rate, "objective/kl_coef": kl_coef}
        return UpdateReport(self.update, self.total_updates, metrics, self._samples(batch[:4], experience))

    def sample(
        self, prompts: Sequence[Prompt], settings: SamplingSettings, generator: torch.Generator | None
    ) -> Rollout:
        """One response to each prompt; log-probabilities are those that training would compute."""
        rollout = sample_rollout(self.policy, [prompt.ids for prompt in prompts], settings, generator)
        with torch.no_grad():
            if self.policy.precision != torch.float32:
                # In 16 bits merged weights round otherwise than adapters beside them: the ratio would not begin at 1.
                again = self.policy.response_pass(rollout, settings.temperature or 1.0)
                return replace(rollout, logprobs=again.logprobs, values=again.values)
            if self.policy.separate_values:
                return replace(rollout, values=self.policy.response_pass(rollout, settings.temperature or 1.0).values)
        return rollout

    @torch.no_grad()
    def evaluate_rollout(self, prompts: Sequence[Prompt], rollout: Rollout, *, learn_scale: bool = False) -> Experience:
        """Score a rollout, penalise its distance from the reference, and estimate advantages.

        Args:
            learn_scale: whether its scores count for the running scale; those of an evaluation must not.
        """
        config, mask = self.config, rollout.response_mask
        reference = self._timed("reference", lambda: self._reference_logprobs(rollout))
        responses = self.responses(prompts, rollout, reference)
        scores, disagreement = self._timed(
            "score", lambda: combined_scores(self.rewards, responses, config.combine_scores)
        )
        scores = penalise_missing_end(scores, rollout.ended, config.missing_eos_penalty)
        scores = penalise_length(scores, rollout.lengths(), config.length_penalty)
        kl = estimate_kl(rollout.logprobs, reference, config.kl_estimator) * mask
        penalty = self.kl_controller.coef if config.kl_placement == "reward" else 0.0
        rewards = shape_rewards(self._scaled(scores, learn_scale), kl, mask, penalty)
        advantages, returns = generalised_advantages(rewards, rollout.values, mask, config.gamma, config.lam)
        if config.whiten_advantages:
            advantages = masked_whiten(advantages, mask)
        return Experience(rollout, responses.texts, scores, disagreement, reference, kl, rewards, advantages, returns)

    def answer(self, prompts: Sequence[Prompt]) -> tuple[list[TrainingSample], Experience]:
        """Likeliest responses to fixed prompts, scored; changes nothing of the run."""
        experience = self.evaluate_rollout(prompts, self.sample(prompts, replace(self.sampling, temperature=0.0), None))
        return self._samples(prompts, experience), experience

    def responses(self, prompts: Sequence[Prompt], rollout: Rollout, reference_logprobs: torch.Tensor) -> Responses:
        """What reward functions get. Log-probabilities are theirs to see where sampling is at temperature 1."""
        known = reference_logprobs if self.config.temperature == 1 else None
        return Responses(prompts, self.texts(rollout), rollout, known)

    def texts(self, rollout: Rollout) -> list[str]:
        """The responses as text."""
        rows = zip(rollout.response_ids.tolist(), rollout.lengths().tolist(), strict=True)
        return [decode_response(self.tokenizer, ids[:length]) for ids, length in rows]

    def save(self, folder: Path) -> None:
        """Everything that the next update depends on."""
        save_state(self, folder)

    def load(self, folder: Path) -> None:
        """Continue from what ``save`` wrote. Raises InvalidInput where it is from other settings."""
        load_state(self, folder)

    def _fitting(self, prompts: Sequence[str | Messages | Prompt]) -> tuple[list[Prompt], list[Prompt]]:
        """The prompts that leave room for a response, at least one of them, and those that do not."""
        encoded = encode_prompts(self.tokenizer, prompts, self.room)
        if not encoded.fitting:
            raise InvalidInput(f"No prompt fits into {self.room} tokens, so there is nothing to optimise on.")
        return encoded.fitting, encoded.too_long

    def _mix(self, demonstrations: Sequence[Demonstration]) -> DemonstrationMix | None:
        if self.config.demonstration_coef == 0 or not demonstrations:
            return None
        room = self.room + self.config.max_new_tokens
        return DemonstrationMix(self.tokenizer, demonstrations, room, self.config.seed)

    def _reference_logprobs(self, rollout: Rollout) -> torch.Tensor:
        with self.policy.as_reference():
            return self.policy.response_pass(rollout, self.config.temperature).logprobs

    def _scaled(self, scores: torch.Tensor, learn_scale: bool) -> torch.Tensor:
        if learn_scale:
            self.moments.add(scores)
        deviation = self.moments.deviation if self.config.scale_scores else 1.0
        return normalise_scores(scores, deviation, self.config.score_clip)

    def _set_rate(self) -> float:
        factor = rate_factor(self.update, self.total_updates, self.config.warmup_ratio, self.config.schedule)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate * factor
        return self.learning_rate * factor

    def _timed(self, part: str, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        result = work()
        self._seconds[part] = time.perf_counter() - began
        return result

    def _measure(self, experience: Experience, seconds: float) -> Figures:
        rollout = experience.rollout
        lengths = rollout.lengths().float()
        several = {"objective/score_disagreement": experience.disagreement.mean().item()}
        return {
            "objective/scores": experience.scores.mean().item(),
            "objective/kl": experience.kl.sum(dim=1).mean().item(),
            "objective/rlhf_reward": experience.rewards.sum(dim=1).mean().item(),
            "response/length": lengths.mean().item(),
            "response/eos_rate": rollout.ended.float().mean().item(),
            "value/explained_variance": explained_variance(rollout.values, experience.returns, rollout.response_mask),
            "throughput/tokens_per_second": lengths.sum().item() / seconds,
            "throughput/episodes": float(self.update * self.config.batch_size),
            "seconds/generate": self._seconds["generate"],
            "seconds/score": self._seconds["score"],
            "seconds/reference": self._seconds["reference"],
            "seconds/update": self._seconds["update"],
            **(several if len(self.rewards) > 1 else {}),
        }

    def _samples(self, batch: Sequence[Prompt], experience: Experience) -> list[TrainingSample]:
        scores, kl = experience.scores.tolist(), experience.kl.sum(dim=1).tolist()
        lengths = experience.rollout.lengths().tolist()
        return [
            TrainingSample(prompt.text, experience.texts[row], scores[row], kl[row], int(lengths[row]))
            for row, prompt in enumerate(batch)
        ]


def one_process() -> Accelerator:
    """The device to work on. Raises InvalidInput where a launcher started several processes."""
    accelerator = Accelerator(cpu=not torch.cuda.is_available())
    if accelerator.num_processes > 1:
        raise InvalidInput("The PPO engine runs in one process; start it without several processes.")
    return accelerator


def prompt_room(config: PPOConfig, policy: ActorCritic) -> int:
    """Tokens that a prompt may have: what the settings allow, and what leaves room for a response.

    Raises InvalidInput where the model's context holds no prompt beside the longest response.
    """
    context = context_length(policy.acting()[0].plain)
    room = min(config.max_prompt_tokens, context - config.max_new_tokens)
    if room < 1:
        raise InvalidInput(
            f"max_new_tokens {config.max_new_tokens} leaves no room for a prompt in the model's {context} tokens."
        )
    return room


def sampling_settings(config: PPOConfig, tokenizer: PreTrainedTokenizerBase) -> SamplingSettings:
    """How rollouts are drawn. Raises InvalidInput where the tokenizer has no end token."""
    end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
    if end is None:
        raise InvalidInput("The tokenizer has no end token, so no response could end: set tokenizer.eos_token.")
    # Padding is told by masks, never by its id, so the end token does as well as any.
    return SamplingSettings(config.max_new_tokens, config.temperature, int(end), int(end if pad is None else pad))

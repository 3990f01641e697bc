"""Looking at the policy on prompts that it does not train on, and telling which checkpoint was the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean

import torch

from workbench.ppo.config import EvaluationMeasure
from workbench.ppo.rewards import penalise_length, penalise_missing_end
from workbench.ppo.rollout import SamplingSettings
from workbench.ppo.train import PPOTrainer
from workbench.ppo.types import Prompt, Responses


@dataclass(slots=True)
class Judged:
    """Responses to held-out prompts and what the run's measures say of each."""

    texts: list[str] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    kl: list[float] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    repetition: list[float] = field(default_factory=list)
    minima: list[float] = field(default_factory=list)
    """The lowest of several reward models' scores; empty with one."""


def judge(trainer: PPOTrainer, prompts: Sequence[Prompt], settings: SamplingSettings, seed: int) -> Judged:
    """One response to each prompt by the acting policy, with the same randomness at every call.

    Nothing of the run is changed.
    """
    judged = Judged()
    generator = torch.Generator().manual_seed(seed)
    size = trainer.config.batch_size
    for start in range(0, len(prompts), size):
        batch = prompts[start : start + size]
        experience = trainer.evaluate_rollout(batch, trainer.sample(batch, settings, generator))
        rollout = experience.rollout
        judged.texts += experience.texts
        judged.scores += experience.scores.tolist()
        judged.kl += experience.kl.sum(dim=1).tolist()
        judged.lengths += rollout.lengths().tolist()
        rows = zip(rollout.response_ids.tolist(), rollout.lengths().tolist(), strict=True)
        judged.repetition += [repetition(ids[:length]) for ids, length in rows]
        if len(trainer.rewards) > 1:
            judged.minima += _minima(trainer, trainer.responses(batch, rollout, experience.reference_logprobs))
    return judged


def _minima(trainer: PPOTrainer, responses: Responses) -> list[float]:
    """Each response's lowest score, with the penalties that are taken off every score."""
    config, rollout = trainer.config, responses.rollout
    device = rollout.sequences.device
    given = torch.stack([torch.as_tensor(reward(responses)).float().to(device) for reward in trainer.rewards])
    lowest = penalise_missing_end(given.amin(dim=0), rollout.ended, config.missing_eos_penalty)
    found: list[float] = penalise_length(lowest, rollout.lengths(), config.length_penalty).tolist()
    return found


def win_rate(scores: Sequence[float], others: Sequence[float]) -> float:
    """Share of prompts whose first response scores higher than the other; ties count half."""
    return fmean(float(mine > other) + 0.5 * float(mine == other) for mine, other in zip(scores, others, strict=True))


def repetition(ids: Sequence[int]) -> float:
    """Share of a response's runs of three tokens that stood in it before: 0 is none, near 1 is one phrase for ever."""
    runs = [tuple(ids[i : i + 3]) for i in range(len(ids) - 2)]
    return 1.0 - len(set(runs)) / len(runs) if runs else 0.0


class Evaluator:
    """Measures the policy on the same held-out prompts again and again while it trains."""

    def __init__(self, trainer: PPOTrainer, prompts: Sequence[Prompt], references: Sequence[str]) -> None:
        """``references``: the human response to each prompt."""
        self._trainer, self._prompts, self._references = trainer, list(prompts), list(references)
        self.reference_length = fmean(len(trainer.tokenizer(text)["input_ids"]) + 1 for text in references)
        """Tokens of the human responses, the end token included."""
        self._sft_scores: list[float] | None = None

    def measure(self) -> dict[str, float]:
        """Means over the prompts, sampled as the rollouts are, by their names in docs/metrics.md."""
        trainer = self._trainer
        judged = self._judge()
        score, kl = fmean(judged.scores), fmean(judged.kl)
        several = {"eval/score_minimum": fmean(judged.minima)} if judged.minima else {}
        return {
            "eval/win_rate": win_rate(judged.scores, self._reference_scores()),
            "eval/score": score,
            "eval/kl": kl,
            "eval/reward": score - trainer.config.kl_coef * kl,
            "eval/length": fmean(judged.lengths),
            "eval/repetition": fmean(judged.repetition),
            "eval/embedding_similarity": self._similarity(judged.texts),
            **several,
        }

    def _judge(self) -> Judged:
        trainer = self._trainer
        return judge(trainer, self._prompts, trainer.sampling, trainer.config.seed + 2)

    def _reference_scores(self) -> list[float]:
        """Scores of the SFT model's responses to the same prompts, by the same randomness; sampled once."""
        if self._sft_scores is None:
            with self._trainer.policy.as_reference():
                self._sft_scores = self._judge().scores
        return self._sft_scores

    def _similarity(self, texts: list[str]) -> float:
        from workbench.evaluation.embedding import embedding_similarity

        try:
            return fmean(float(value) for value in embedding_similarity(texts, self._references))
        except Exception:  # sentence embeddings that cannot be had must not end a run; the number is left out
            return float("nan")

    def worth(self, measures: dict[str, float], by: EvaluationMeasure) -> float:
        """How good a checkpoint is by one of the measures; higher is better.

        Less KL and less repetition are better; the best length is that of the human responses.
        """
        value = measures[f"eval/{by}"]
        if by == "length":
            return -abs(value - self.reference_length)
        return -value if by in ("kl", "repetition") else value


@dataclass(slots=True)
class Best:
    """The best checkpoint so far."""

    step: int | None = None
    worth: float = float("-inf")

    def offer(self, step: int, worth: float) -> bool:
        """Take note of a checkpoint; whether it is the best. The earlier of two equals stays."""
        if not worth > self.worth:  # not a number is never better
            return False
        self.step, self.worth = step, worth
        return True

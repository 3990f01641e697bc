"""Where scores come from: reward models on the policy's trunk, sequence classifiers of any kind, plain functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workbench.errors import InvalidInput
from workbench.ppo.policy import SharedTrunk
from workbench.ppo.types import Responses, RewardFunction
from workbench.reward_model.classifier import ClassifierModel
from workbench.reward_model.scoring import REWARD_ADAPTER, ScoreHead


def trunk_scorer(policy: SharedTrunk, head: ScoreHead, adapter: str = REWARD_ADAPTER) -> RewardFunction:
    """Scores by a reward adapter on the policy's own trunk: the ids are scored as they were sampled."""

    def score(responses: Responses) -> Tensor:
        return policy.score(head, responses.rollout, adapter, responses.reference_logprobs)

    return score


def text_scorer(function: Callable[[Sequence[str], Sequence[str]], Sequence[float]]) -> RewardFunction:
    """Scores by a function of prompts and responses as texts."""

    def score(responses: Responses) -> Sequence[float]:
        return function([prompt.text for prompt in responses.prompts], responses.texts)

    return score


class ClassifierScorer:
    """Any sequence-classification model with one output, with a tokenizer of its own.

    Responses are decoded and written anew: through the classifier's chat template where it has one, else as a pair
    of texts.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, batch_size: int = 32) -> None:
        """Raises InvalidInput where the model does not give one number."""
        self._model = ClassifierModel(model, tokenizer)
        self._batch_size = batch_size

    @property
    def too_long(self) -> int:
        """Texts so far that did not fit the classifier and were scored without their beginning."""
        return self._model.too_long

    def __call__(self, responses: Responses) -> Tensor:
        prompts = [prompt.text for prompt in responses.prompts]
        return torch.tensor(self._model.score(prompts, responses.texts, self._batch_size))


def combined_scores(
    functions: Sequence[RewardFunction], responses: Responses, how: Literal["mean", "minimum"] = "mean"
) -> tuple[Tensor, Tensor]:
    """Mean or minimum of all reward models' scores, and their standard deviation as a measure of disagreement.

    float32 [B] each. The minimum gains only where every model agrees that a response is better (Coste et al. 2024,
    worst-case optimisation).

    Raises:
        InvalidInput: a function gives the wrong number of scores, or something that is not a number.
    """
    device = responses.rollout.sequences.device
    scores = torch.stack([_checked(function(responses), len(responses.texts)).to(device) for function in functions])
    combined = scores.amin(dim=0) if how == "minimum" else scores.mean(dim=0)
    return combined, scores.std(dim=0, unbiased=False)


def _checked(given: Tensor | Sequence[float], count: int) -> Tensor:
    scores = torch.as_tensor(given).detach().float()
    if scores.shape != (count,):
        raise InvalidInput(f"The reward function gave {tuple(scores.shape)} scores for {count} responses.")
    if not bool(scores.isfinite().all()):
        raise InvalidInput("The reward function gave a score that is not a finite number.")
    return scores

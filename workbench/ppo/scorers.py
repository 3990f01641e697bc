"""Where scores come from: reward models on the policy's trunk, sequence classifiers of any kind, plain functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workbench.errors import InvalidInput
from workbench.ppo.policy import SharedTrunk
from workbench.ppo.types import Responses, RewardFunction
from workbench.reward_model.scoring import REWARD_ADAPTER, ScoreHead


def trunk_scorer(policy: SharedTrunk, head: ScoreHead, adapter: str = REWARD_ADAPTER) -> RewardFunction:
    """Scores by a reward adapter on the policy's own trunk: the ids are scored as they were sampled."""

    def score(responses: Responses) -> Tensor:
        rollout = responses.rollout
        return policy.score(head, rollout.sequences, rollout.attention_mask, adapter)

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
        if model.config.num_labels != 1:
            raise InvalidInput(
                f"The classifier has {model.config.num_labels} outputs; a reward model has one (num_labels=1)."
            )
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
        if model.config.pad_token_id is None:
            model.config.pad_token_id = tokenizer.pad_token_id
        self._model: Any = model.eval()
        self._tokenizer: Any = tokenizer
        self._batch_size = batch_size
        self._longest = int(getattr(model.config, "max_position_embeddings", 0) or 0)
        self.too_long = 0
        """Texts so far that did not fit the classifier and were scored without their beginning."""

    @torch.no_grad()
    def __call__(self, responses: Responses) -> Tensor:
        rows = [
            self._encode(prompt.text, text) for prompt, text in zip(responses.prompts, responses.texts, strict=True)
        ]
        scores: list[Tensor] = []
        for start in range(0, len(rows), self._batch_size):
            batch = self._tokenizer.pad({"input_ids": rows[start : start + self._batch_size]}, return_tensors="pt")
            output = self._model(**{name: value.to(self._model.device) for name, value in batch.items()})
            scores.append(output.logits.squeeze(-1).float())
        return torch.cat(scores)

    def _encode(self, prompt: str, response: str) -> list[int]:
        if self._tokenizer.chat_template:
            turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": response}]
            text = self._tokenizer.apply_chat_template(turns, tokenize=False)
            ids = list(self._tokenizer(text, add_special_tokens=False)["input_ids"])
        else:
            ids = list(self._tokenizer(prompt, response)["input_ids"])
        if self._longest and len(ids) > self._longest:
            self.too_long += 1
            ids = ids[-self._longest :]
        return ids


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

"""A sequence classifier as a reward model: loading, its way of reading a prompt and a response, scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from workbench.errors import InvalidInput, ModelError
from workbench.reward_model.score_scale import ScoreScale

CLASSIFIER_FOLDER = "classifier"


def load_classifier_tokenizer(source: str) -> Any:
    """The classifier's own tokenizer, able to pad.

    Raises:
        ModelError: it cannot be loaded.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"The tokenizer of {source} cannot be loaded: {str(error).splitlines()[0]}") from error
    check_tokenizer(tokenizer, source)
    return tokenizer


def check_tokenizer(tokenizer: Any, source: str) -> None:
    """Raises ModelError where a tokenizer has nothing to pad with."""
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    if tokenizer.pad_token_id is None:
        raise ModelError(f"The tokenizer of {source} has no token to pad with.")


def load_classifier(source: str, tokenizer: Any) -> Any:
    """A sequence classifier with one output, in float32 so that it can learn on any device.

    Raises:
        ModelError: it cannot be loaded.
    """
    from transformers import AutoModelForSequenceClassification

    try:
        model = AutoModelForSequenceClassification.from_pretrained(
            source, num_labels=1, dtype=torch.float32, use_safetensors=True, trust_remote_code=False,
            ignore_mismatched_sizes=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise ModelError(f"The classifier {source} cannot be loaded: {str(error).splitlines()[0]}") from error
    model.config.pad_token_id = tokenizer.pad_token_id
    return model


def save_classifier(model: Any, tokenizer: Any, folder: Path) -> None:
    """Weights, tokenizer, and a scale of one, which `measure` replaces."""
    model.save_pretrained(str(folder / CLASSIFIER_FOLDER))
    tokenizer.save_pretrained(str(folder / CLASSIFIER_FOLDER))
    ScoreScale().save(folder)


def encode_for_classifier(tokenizer: Any, prompt: str, response: str) -> list[int]:
    """Through the classifier's chat template where it has one, else as a pair of texts."""
    if tokenizer.chat_template:
        turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": response}]
        text = tokenizer.apply_chat_template(turns, tokenize=False)
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    return list(tokenizer(prompt, response, truncation=False, verbose=False)["input_ids"])


class ClassifierModel:
    """Raw scores of prompts and responses by a sequence classifier with one output."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        """Raises InvalidInput where the model does not give one number."""
        if model.config.num_labels != 1:
            raise InvalidInput(
                f"The classifier has {model.config.num_labels} outputs; a reward model has one (num_labels=1)."
            )
        check_tokenizer(tokenizer, "the classifier")
        if model.config.pad_token_id is None:
            model.config.pad_token_id = tokenizer.pad_token_id
        self.model: Any = model.eval()
        self.tokenizer = tokenizer
        self._longest = int(getattr(model.config, "max_position_embeddings", 0) or 0)
        self.centre, self.scale = 0.0, 1.0
        self.too_long = 0
        """Texts so far that did not fit and were scored without their beginning."""

    @classmethod
    def load(cls, folder: Path) -> ClassifierModel:
        """What a run published into ``folder``.

        Raises:
            ModelError: the folder holds no such reward model.
        """
        kept, source = ScoreScale.load(folder), folder / CLASSIFIER_FOLDER
        tokenizer = load_classifier_tokenizer(str(source))
        loaded = cls(load_classifier(str(source), tokenizer), tokenizer)
        loaded.rescale(kept.centre, kept.scale)
        return loaded

    def reset_scale(self) -> None:
        """As training left it: raw scores."""
        self.rescale(0.0, 1.0)

    def rescale(self, centre: float, scale: float) -> None:
        """Take these for the centre and the scale."""
        self.centre, self.scale = centre, scale

    def save_scale(self, folder: Path) -> None:
        """Write centre and scale of the raw scores beside the weights."""
        ScoreScale(self.centre, self.scale).save(folder)

    @torch.inference_mode()
    def score(self, prompts: Sequence[str], responses: Sequence[str], batch_size: int = 32) -> list[float]:
        """(raw − centre) / scale for each response to its prompt; higher is better."""
        rows = [self._fit(encode_for_classifier(self.tokenizer, p, r)) for p, r in zip(prompts, responses, strict=True)]
        scores = [0.0] * len(rows)
        order = sorted(range(len(rows)), key=lambda index: len(rows[index]))  # like lengths share a batch
        for start in range(0, len(order), batch_size):
            chunk = order[start : start + batch_size]
            batch = self.tokenizer.pad({"input_ids": [rows[i] for i in chunk]}, return_tensors="pt")
            logits = self.model(
                input_ids=batch["input_ids"].to(self.model.device),
                attention_mask=batch["attention_mask"].to(self.model.device),
            ).logits
            for index, raw in zip(chunk, logits.squeeze(-1).float().tolist(), strict=True):
                scores[index] = (raw - self.centre) / self.scale
        return scores

    def _fit(self, ids: list[int]) -> list[int]:
        if self._longest and len(ids) > self._longest:
            self.too_long += 1
            ids = ids[-self._longest :]
        return ids

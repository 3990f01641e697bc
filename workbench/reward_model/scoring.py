"""The reward model at work: a trunk, a LoRA adapter and a linear head on the last token's hidden state."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from workbench.errors import ModelError
from workbench.evaluation.perplexity import reference_losses
from workbench.models.chat import encode_prompt, encode_response
from workbench.reward_model.score_scale import ScoreScale

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

REWARD_ADAPTER = "reward"
ADAPTER_FOLDER = "adapter"
_HEAD_FILE = "score_head.safetensors"


@dataclass(frozen=True, slots=True)
class ScoreHead:
    """The linear score head with what the trunk itself says of the response, centre and scale.

    ``score = (weight · hidden + likelihood_weight · lowest - centre) / scale``, where ``lowest`` is the log-probability
    that the trunk without its reward adapter, the SFT model, gives to the response's least likely token. Over the
    training responses scores have deviation 1.
    """

    weight: Tensor
    """float32 [H]"""
    centre: float = 0.0
    scale: float = 1.0
    likelihood_weight: float = 0.0
    """In raw score per nat."""

    def score(self, hidden: Tensor, lowest: Tensor | None) -> Tensor:
        """Scores of last hidden states: [B, H] -> float32 [B].

        Args:
            lowest: float [B], in nats; may be None where ``likelihood_weight`` is 0.

        Raises:
            ValueError: it is None where it counts.
        """
        raw = hidden.float() @ self.weight.to(hidden.device)
        if self.likelihood_weight:
            if lowest is None:
                raise ValueError("this head weighs the trunk's likelihood, which was not given")
            raw = raw + self.likelihood_weight * lowest
        return (raw - self.centre) / self.scale

    def save(self, folder: Path) -> None:
        """Write the head beside its adapter."""
        save_file({"weight": self.weight.contiguous()}, folder / _HEAD_FILE)
        self.save_scale(folder)

    def save_scale(self, folder: Path) -> None:
        """Write anew what was measured after the training."""
        ScoreScale(self.centre, self.scale, self.likelihood_weight).save(folder)

    @classmethod
    def load(cls, folder: Path) -> ScoreHead:
        """Read the head from a reward model's folder.

        Raises:
            ModelError: the folder holds no reward model.
        """
        try:
            weight = load_file(folder / _HEAD_FILE)["weight"]
        except (OSError, KeyError, ValueError) as error:
            raise ModelError(f"The folder {folder} holds no reward model; was its run deleted?") from error
        kept = ScoreScale.load(folder)
        return cls(weight, kept.centre, kept.scale, kept.likelihood_weight or 0.0)


def last_tokens(mask: Tensor) -> Tensor:
    """Where each row's last real token stands: bool [B, L], padded on either side, -> bool [B, L]."""
    positions = torch.arange(mask.shape[1], device=mask.device)
    return positions == (positions * mask.long()).argmax(dim=1, keepdim=True)


def last_states(model: Any, sequences: Tensor, attention_mask: Tensor) -> Tensor:
    """Hidden states of each row's last real token: [B, H].

    Args:
        model: a causal language model whose reward adapter is active.
        sequences: int64 [B, L], padded on either side.
        attention_mask: bool [B, L], True on real tokens.
    """
    mask = attention_mask.long()
    output = model(
        input_ids=sequences,
        attention_mask=mask,
        position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0),
        logits_to_keep=1,
        output_hidden_states=True,
        use_cache=False,
    )
    states: Tensor = output.hidden_states[-1][last_tokens(attention_mask)]
    return states


class RewardModel:
    """A reward model by itself, for evaluation and for scoring outside PPO."""

    def __init__(self, trunk: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
        """Load adapter and head from ``folder`` onto the trunk that they were trained on.

        Raises:
            ModelError: the folder holds no reward model.
        """
        from peft import PeftModel

        self.head = ScoreHead.load(folder)
        self.tokenizer = tokenizer
        self.adapter = REWARD_ADAPTER
        self.model = PeftModel.from_pretrained(trunk, str(folder / ADAPTER_FOLDER), adapter_name=REWARD_ADAPTER)
        self.model.eval()

    def beside(self, folder: Path, number: int) -> RewardModel:
        """Another reward model on the same copy of the trunk.

        Raises:
            ModelError: the folder holds no reward model.
        """
        other = copy.copy(self)
        other.head = ScoreHead.load(folder)
        other.adapter = f"{REWARD_ADAPTER}_{number}"
        self.model.load_adapter(str(folder / ADAPTER_FOLDER), adapter_name=other.adapter)
        self.model.eval()
        return other

    @torch.inference_mode()
    def score(self, prompts: Sequence[str], responses: Sequence[str], batch_size: int = 64) -> list[float]:
        """One score for each response to its prompt; higher is better."""
        weighted = self.head.likelihood_weight != 0
        lowest = torch.tensor(self.lowest_logprobs(prompts, responses) if weighted else [0.0] * len(responses))
        self.model.set_adapter(self.adapter)
        rows = [
            torch.tensor(encode_prompt(self.tokenizer, prompt) + encode_response(self.tokenizer, response))
            for prompt, response in zip(prompts, responses, strict=True)
        ]
        scores = [0.0] * len(rows)
        order = sorted(range(len(rows)), key=lambda index: len(rows[index]))  # like lengths share a batch
        for start in range(0, len(order), batch_size):
            picked = order[start : start + batch_size]
            chunk = [rows[index] for index in picked]
            sequences = torch.nn.utils.rnn.pad_sequence(chunk, batch_first=True)
            lengths = torch.tensor([len(row) for row in chunk])
            mask = torch.arange(sequences.shape[1])[None, :] < lengths[:, None]
            device = self.model.device
            hidden = last_states(self.model, sequences.to(device), mask.to(device))
            given = self.head.score(hidden, lowest[picked].to(device)).tolist()
            for index, score in zip(picked, given, strict=True):
                scores[index] = score
        return scores

    def lowest_logprobs(self, prompts: Sequence[str], responses: Sequence[str]) -> list[float]:
        """Log-probability in nats of each response's least likely token, end token included, under the trunk alone."""
        with self.model.disable_adapter():
            return [-loss.worst for loss in reference_losses(self.model, self.tokenizer, prompts, responses)]

    def reset_scale(self) -> None:
        """As training left it: not centred, not scaled, and the trunk's likelihood counts for nothing."""
        self.head = ScoreHead(self.head.weight)

    def rescale(self, centre: float, scale: float) -> None:
        """Take these for the centre and the scale; the likelihood weight stays."""
        self.head = replace(self.head, centre=centre, scale=scale)

    def save_scale(self, folder: Path) -> None:
        """Write centre, scale and likelihood weight beside the head."""
        self.head.save_scale(folder)

"""The reward model at work: a trunk, a LoRA adapter and a linear head on the last token's hidden state."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from workbench.errors import ModelError
from workbench.models.chat import encode_prompt, encode_response

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

REWARD_ADAPTER = "reward"
ADAPTER_FOLDER = "adapter"
_HEAD_FILE = "score_head.safetensors"
_SCALE_FILE = "score_scale.json"


@dataclass(frozen=True, slots=True)
class ScoreHead:
    """The linear score head with its centre and scale.

    ``score = (weight · hidden - centre) / scale``: over the training responses scores have mean 0 and deviation 1.
    """

    weight: Tensor
    """float32 [H]"""
    centre: float = 0.0
    scale: float = 1.0

    def score(self, hidden: Tensor) -> Tensor:
        """Scores of last hidden states: [B, H] -> float32 [B]."""
        raw = hidden.float() @ self.weight.to(hidden.device)
        return (raw - self.centre) / self.scale

    def save(self, folder: Path) -> None:
        """Write the head beside its adapter."""
        save_file({"weight": self.weight.contiguous()}, folder / _HEAD_FILE)
        (folder / _SCALE_FILE).write_text(json.dumps({"centre": self.centre, "scale": self.scale}))

    @classmethod
    def load(cls, folder: Path) -> ScoreHead:
        """Read the head from a reward model's folder.

        Raises:
            ModelError: the folder holds no reward model.
        """
        try:
            weight = load_file(folder / _HEAD_FILE)["weight"]
            scale = json.loads((folder / _SCALE_FILE).read_text())
        except (OSError, KeyError, ValueError) as error:
            raise ModelError(f"The folder {folder} holds no reward model; was its run deleted?") from error
        return cls(weight=weight, centre=float(scale["centre"]), scale=float(scale["scale"]))


def last_tokens(mask: Tensor) -> Tensor:
    """Where each row's last real token stands: bool [B, L], padded on either side, -> bool [B, L]."""
    positions = torch.arange(mask.shape[1], device=mask.device)
    return positions == (positions * mask.long()).argmax(dim=1, keepdim=True)


def score_last_token(model: Any, head: ScoreHead, sequences: Tensor, attention_mask: Tensor) -> Tensor:
    """Scores of whole sequences, read at each row's last real token: float32 [B].

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
    return head.score(output.hidden_states[-1][last_tokens(attention_mask)])


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
            given = score_last_token(self.model, self.head, sequences.to(device), mask.to(device)).tolist()
            for index, score in zip(picked, given, strict=True):
                scores[index] = score
        return scores

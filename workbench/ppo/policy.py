"""Policy, reference, value function and reward model on one copy of the weights.

===========  ====================================================================
trunk        base model with the SFT adapter merged, frozen
policy       trunk + LoRA adapter ``policy``
reference    trunk with adapters off: exactly the SFT model
value        a linear head on the policy's last hidden state, from the same pass
reward model trunk + LoRA adapter ``reward`` + its score head
===========  ====================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor, nn
from transformers import PreTrainedModel

from workbench.reward_model.scoring import REWARD_ADAPTER, ScoreHead, score_last_token

POLICY_ADAPTER = "policy"


class SharedTrunk(nn.Module):
    """One frozen trunk in all roles of PPO."""

    def __init__(self, trunk: PreTrainedModel, lora_rank: int, lora_alpha: int) -> None:
        super().__init__()
        lora = LoraConfig(r=lora_rank, lora_alpha=lora_alpha, target_modules="all-linear", task_type="CAUSAL_LM")
        self.model: PeftModel = get_peft_model(trunk, lora, adapter_name=POLICY_ADAPTER)
        hidden_size = int(trunk.config.get_text_config().hidden_size)
        self.value_head = nn.Linear(hidden_size, 1, device=trunk.device)
        # Scores are centred on 0, so 0 everywhere is the unbiased first estimate.
        nn.init.zeros_(self.value_head.weight)
        nn.init.zeros_(self.value_head.bias)

    def load_reward_adapter(self, folder: Path) -> None:
        """Put the reward model's adapter on the same trunk, beside the policy's."""
        self.model.load_adapter(str(folder), adapter_name=REWARD_ADAPTER, is_trainable=False)
        self.model.set_adapter(POLICY_ADAPTER)

    def trainable_parameters(self) -> list[nn.Parameter]:
        """The policy adapter's weights and the value head's; nothing else ever learns."""
        self.model.set_adapter(POLICY_ADAPTER)
        adapter = [p for name, p in self.model.named_parameters() if f".{POLICY_ADAPTER}." in name]
        return [*adapter, *self.value_head.parameters()]

    def forward(self, sequences: Tensor, attention_mask: Tensor, last: int, **cache: Any) -> tuple[Tensor, Tensor, Any]:
        """Logits and values at the last ``last`` positions.

        Args:
            sequences: int64 [B, L].
            attention_mask: [B, L], or [B, past + L] with a key-value cache.

        Returns:
            logits float [B, last, V], values float32 [B, last], and the cache (None without one).
        """
        mask = attention_mask.long()
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, -sequences.shape[1] :]
        output = self.model(
            input_ids=sequences,
            attention_mask=mask,
            position_ids=positions,
            logits_to_keep=last,
            output_hidden_states=True,
            **cache,
        )
        hidden = output.hidden_states[-1][:, -last:]
        values = self.value_head(hidden.to(self.value_head.weight.dtype)).squeeze(-1)
        return output.logits, values.float(), output.past_key_values

    @contextmanager
    def as_reference(self) -> Iterator[None]:
        """Within this block the model is the SFT model; the value head is not to be read."""
        with self.model.disable_adapter():
            yield

    @contextmanager
    def as_reward_model(self) -> Iterator[None]:
        """Within this block the reward adapter is the active one."""
        self.model.set_adapter(REWARD_ADAPTER, inference_mode=True)
        try:
            yield
        finally:
            self.model.set_adapter(POLICY_ADAPTER)

    @torch.no_grad()
    def score(self, head: ScoreHead, sequences: Tensor, attention_mask: Tensor) -> Tensor:
        """The reward model's scores of whole sequences: float32 [B]."""
        with self.as_reward_model():
            return score_last_token(self.model, head, sequences, attention_mask)

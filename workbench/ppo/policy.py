"""Policy, reference, value function and reward models.

`SharedTrunk` plays all roles on one copy of the weights:

===========  ====================================================================
trunk        base model with the SFT adapter merged, frozen
policy       trunk + LoRA adapter ``policy``
reference    trunk with adapters off: exactly the SFT model
value        a linear head on the policy's last hidden state, from the same pass;
             or on that of an adapter of its own, ``value``
reward model trunk + a LoRA adapter of its own + its score head
===========  ====================================================================

`FullModel` trains all weights, beside a frozen copy as reference.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor, nn
from transformers import PreTrainedModel

from workbench.models.adapters import LoraTargets, target_modules
from workbench.ppo.backbone import Backbone, Decoder
from workbench.ppo.config import PPOConfig, ValueModel
from workbench.ppo.llama import new_backbone
from workbench.ppo.losses import selected_logprobs
from workbench.ppo.precision import chosen_precision
from workbench.ppo.types import Rollout
from workbench.reward_model.scoring import REWARD_ADAPTER, ScoreHead, last_tokens

POLICY_ADAPTER = "policy"
VALUE_ADAPTER = "value"
LOGIT_ROWS = 512
"""Tokens whose logits exist at the same time in a pass without gradients."""


@dataclass(frozen=True, slots=True)
class ResponsePass:
    """What one full pass says of every response token; float32 [B, T] each, 0 where masked."""

    logprobs: Tensor
    entropy: Tensor
    """In nats; without a gradient unless one was asked for."""
    values: Tensor


class ActorCritic(nn.Module, ABC):
    """A policy with its reference and its value function."""

    model: PreTrainedModel | PeftModel
    """The policy, for saving it."""

    def __init__(self, hidden_size: int, device: torch.device) -> None:
        super().__init__()
        self.value_head = nn.Linear(hidden_size, 1, device=device)
        # Scores are centred on 0, so 0 everywhere is the unbiased first estimate.
        nn.init.zeros_(self.value_head.weight)
        nn.init.zeros_(self.value_head.bias)
        self.precision = torch.float32
        self.values_teach_policy = True
        """Whether the value loss reaches the policy through the hidden state that both read."""

    @property
    def device(self) -> torch.device:
        return self.value_head.weight.device

    @property
    def separate_values(self) -> bool:
        """Whether values come from a pass of their own and not from the policy's hidden state."""
        return False

    @abstractmethod
    def trained(self) -> Mapping[str, nn.Parameter]:
        """What PPO trains, by name; nothing else ever learns. A checkpoint holds exactly this."""

    @abstractmethod
    def acting(self) -> tuple[Backbone, str | None]:
        """The model that answers now, and its adapter: the policy, or the reference within `as_reference`."""

    @abstractmethod
    def as_reference(self) -> AbstractContextManager[None]:
        """Within this block the model is the SFT model; the value head is not to be read."""

    @abstractmethod
    def move_back(self, share: float) -> None:
        """Put the policy at ``share`` of its way from the reference, weight by weight (WiSE-FT, arXiv 2109.01903)."""

    def value_states(self, sequences: Tensor, mask: Tensor, hidden: Tensor, wanted: Tensor | None = None) -> Tensor:
        """The hidden states that the value head reads: [B, L, H].

        Args:
            hidden: the policy's own, [B, L, H].
            wanted: bool [B, L], the tokens whose states will be read; None is all.
        """
        return hidden if self.values_teach_policy else hidden.detach()

    def autocast(self) -> AbstractContextManager[Any]:
        """Matrix products in the run's precision; without effect for float32."""
        lower = self.precision != torch.float32
        return torch.autocast(self.device.type, dtype=torch.bfloat16 if lower else None, enabled=lower)

    def values(self, hidden: Tensor) -> Tensor:
        """Value estimates from hidden states: [..., H] -> float32 [...]."""
        with torch.autocast(self.device.type, enabled=False):
            values: Tensor = self.value_head(hidden.to(self.value_head.weight.dtype)).squeeze(-1)
        return values.float()

    def response_pass(self, rollout: Rollout, temperature: float, *, entropy_gradient: bool = False) -> ResponsePass:
        """Log-probabilities, entropies and values of a rollout's response tokens, from one pass (two with an adapter
        for values). No logits but those of response tokens are ever computed."""
        mask, width = rollout.response_mask, rollout.response_ids.shape[1]
        backbone, adapter = self.acting()
        # The position before a token predicts it.
        wanted = torch.zeros_like(rollout.attention_mask)
        wanted[:, -width - 1 : -1] = mask
        with self.autocast():
            hidden = backbone.hidden(rollout.sequences, rollout.attention_mask, adapter, wanted)
            judged = self.value_states(rollout.sequences, rollout.attention_mask, hidden, wanted)[wanted]
            states = hidden[wanted]
        # Without gradients the logits of a few tokens at a time are enough.
        size = len(states) if torch.is_grad_enabled() else LOGIT_ROWS
        pairs = zip(states.split(size), rollout.response_ids[mask].split(size), strict=True)
        chosen = [
            selected_logprobs(self.logits(part), ids, temperature, entropy_gradient=entropy_gradient)
            for part, ids in pairs
        ]
        logprobs, entropy = (torch.cat(parts) for parts in zip(*chosen, strict=True))
        return ResponsePass(*(_spread(flat, mask) for flat in (logprobs, entropy, self.values(judged))))

    @contextmanager
    def decoder(self, room: int) -> Iterator[Decoder]:
        """A decoder of the acting model for one batch that writes at most ``room`` tokens."""
        backbone, adapter = self.acting()
        with self.autocast(), backbone.decoder(adapter, room) as decoder:
            yield decoder

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits of the acting model from its hidden states."""
        with self.autocast():
            return self.acting()[0].logits(hidden)


class SharedTrunk(ActorCritic):
    """One frozen trunk in all roles of PPO, told apart by adapters."""

    model: PeftModel

    def __init__(
        self,
        trunk: PreTrainedModel,
        lora_rank: int = 16,
        lora_alpha: int = 32,
        lora_targets: LoraTargets = "all-linear",
        value_model: ValueModel = "head",
    ) -> None:
        """``trunk`` is taken over: adapters are put into it."""
        super().__init__(int(trunk.config.get_text_config().hidden_size), trunk.device)
        lora = LoraConfig(
            r=lora_rank, lora_alpha=lora_alpha, target_modules=target_modules(lora_targets), task_type="CAUSAL_LM"
        )
        self.model = get_peft_model(trunk, lora, adapter_name=POLICY_ADAPTER)
        self._adapters = (POLICY_ADAPTER, VALUE_ADAPTER) if value_model == "adapter" else (POLICY_ADAPTER,)
        if value_model == "adapter":
            self.model.add_adapter(VALUE_ADAPTER, lora)
        self._reference = False
        self.model.eval()
        self.backbone = new_backbone(self.model)
        self._freeze_the_rest()

    @property
    def separate_values(self) -> bool:
        return VALUE_ADAPTER in self._adapters

    def load_reward_adapter(self, folder: Path, name: str = REWARD_ADAPTER) -> None:
        """Put a reward model's adapter on the same trunk, beside the policy's."""
        self.model.load_adapter(str(folder), adapter_name=name, is_trainable=False)
        self.model.eval()
        settings: Any = self.model.peft_config[name]
        if settings.use_dora or settings.lora_bias:  # more than two matrices: only peft itself knows how
            self.backbone = Backbone(self.model)
        self._freeze_the_rest()

    def trained(self) -> Mapping[str, nn.Parameter]:
        return {name: parameter for name, parameter in self.named_parameters() if self._learns(name)}

    def acting(self) -> tuple[Backbone, str | None]:
        return self.backbone, None if self._reference else POLICY_ADAPTER

    @contextmanager
    def as_reference(self) -> Iterator[None]:
        before, self._reference = self._reference, True
        try:
            yield
        finally:
            self._reference = before

    @torch.no_grad()
    def move_back(self, share: float) -> None:
        for name, parameter in self.trained().items():
            if f".lora_B.{POLICY_ADAPTER}." in name:  # LoRA adds B·A to the trunk, so scaling B scales all it adds
                parameter.mul_(share)

    def value_states(self, sequences: Tensor, mask: Tensor, hidden: Tensor, wanted: Tensor | None = None) -> Tensor:
        if not self.separate_values or self._reference:
            return super().value_states(sequences, mask, hidden, wanted)
        return self.backbone.hidden(sequences, mask, VALUE_ADAPTER, wanted)

    @torch.no_grad()
    def score(
        self,
        head: ScoreHead,
        rollout: Rollout,
        adapter: str = REWARD_ADAPTER,
        reference_logprobs: Tensor | None = None,
    ) -> Tensor:
        """A reward model's scores of a rollout: float32 [B].

        Args:
            reference_logprobs: [B, T] at temperature 1; where they are not given and count, they take a pass.
        """
        with self.autocast():
            last = last_tokens(rollout.attention_mask)
            hidden = self.backbone.hidden(rollout.sequences, rollout.attention_mask, adapter, last)
        self._freeze_the_rest()
        if not head.likelihood_weight:
            return head.score(hidden[last], None)
        known = reference_logprobs if reference_logprobs is not None else self._reference_logprobs(rollout)
        return head.score(hidden[last], known.amin(dim=1))  # 0 where masked, which is never lower

    def _reference_logprobs(self, rollout: Rollout) -> Tensor:
        with self.as_reference():
            return self.response_pass(rollout, 1.0).logprobs

    def _freeze_the_rest(self) -> None:
        self.model.set_adapter(POLICY_ADAPTER)
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(self._learns(name))
        self.backbone.trainable = list(self.trained().values())

    def _learns(self, name: str) -> bool:
        return name.startswith("value_head.") or any(f".{adapter}." in name for adapter in self._adapters)


class FullModel(ActorCritic):
    """All weights learn; the reference is a frozen copy of where they began."""

    def __init__(self, model: PreTrainedModel) -> None:
        """``model`` is taken over and copied once."""
        super().__init__(int(model.config.get_text_config().hidden_size), model.device)
        self.model = model.eval()
        self.reference: Any = copy.deepcopy(model).requires_grad_(False)
        self.model.requires_grad_(True)
        self._policy, self._frozen = new_backbone(self.model), new_backbone(self.reference)
        self._acting = self._policy

    def trained(self) -> Mapping[str, nn.Parameter]:
        return {name: p for name, p in self.named_parameters() if not name.startswith("reference.")}

    def acting(self) -> tuple[Backbone, str | None]:
        return self._acting, None

    @contextmanager
    def as_reference(self) -> Iterator[None]:
        before, self._acting = self._acting, self._frozen
        try:
            yield
        finally:
            self._acting = before

    @torch.no_grad()
    def move_back(self, share: float) -> None:
        for own, frozen in zip(self.model.parameters(), self.reference.parameters(), strict=True):
            own.copy_(torch.lerp(frozen, own, share))


def new_actor_critic(trunk: PreTrainedModel, config: PPOConfig) -> ActorCritic:
    """The models of PPO around an SFT model, which is taken over."""
    policy: ActorCritic
    if config.method == "full":
        policy = FullModel(trunk)
    else:
        policy = SharedTrunk(trunk, config.lora_rank, config.lora_alpha, config.lora_targets, config.value_model)
    policy.precision = chosen_precision(config.precision, trunk.device)
    policy.values_teach_policy = config.value_model != "detached-head"
    return policy


def _spread(flat: Tensor, mask: Tensor) -> Tensor:
    """Values of the True positions, in order, back in the mask's shape; 0 elsewhere."""
    return flat.new_zeros(mask.shape).masked_scatter(mask, flat)

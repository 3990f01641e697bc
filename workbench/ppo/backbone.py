"""A causal language model as PPO needs it: hidden states, logits and decoding under one adapter or none.

`Backbone` works for every model that transformers loads; `llama.LlamaBackbone` does the same faster for the
Llama family. `llama.new_backbone` chooses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn
from transformers import PreTrainedModel

from workbench.errors import ModelError


class Decoder(Protocol):
    """Writes responses token by token; made for one batch of prompts."""

    def start(self, prompts: Tensor, mask: Tensor) -> Tensor:
        """Read prompts, int64 [B, P] padded on the left, with their bool mask; hidden state of the last: [B, H]."""

    def step(self, tokens: Tensor) -> Tensor:
        """Read one more token of each row, int64 [b]; its hidden state: [b, H]."""

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows only, int64 indices into the rows so far."""


def position_ids(mask: Tensor) -> Tensor:
    """Positions counted over real tokens, int64 [B, L]: padding shifts nobody."""
    return (mask.long().cumsum(dim=1) - 1).clamp(min=0)


def causal_mask(mask: Tensor) -> Tensor | None:
    """Which position may see which, bool [B, 1, L, L], for a bool mask [B, L]; None where nothing is padding."""
    if bool(mask.all()):
        return None
    length = mask.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=mask.device).tril()
    # Every row sees itself, padding too: a softmax over nothing would be NaN.
    itself = torch.eye(length, dtype=torch.bool, device=mask.device)
    return ((causal & mask[:, None, :]) | itself)[:, None]


def plain_model(model: PreTrainedModel | PeftModel) -> Any:
    """The causal language model itself, adapted layers included."""
    return model.get_base_model() if isinstance(model, PeftModel) else model


def base_layer(layer: Any) -> Any:
    """A linear layer without its adapters."""
    return layer.get_base_layer() if isinstance(layer, LoraLayer) else layer


def has_adapter(layer: Any, adapter: str | None) -> bool:
    """Whether a layer is changed by this adapter."""
    return adapter is not None and isinstance(layer, LoraLayer) and adapter in layer.lora_A


class Backbone:
    """Any causal language model of transformers, with or without peft adapters."""

    def __init__(self, model: PreTrainedModel | PeftModel) -> None:
        """The model is used, not copied.

        Raises:
            ModelError: its logits are not what its output layer makes of the last hidden state.
        """
        self.model = model
        self.plain = plain_model(model)
        self.body: Any = self.plain.base_model
        self.head: Any = self.plain.get_output_embeddings()
        self.config: Any = self.plain.config.get_text_config()
        self.trainable: Sequence[nn.Parameter] = ()
        self._check_logits()

    @property
    def device(self) -> torch.device:
        device: torch.device = self.plain.device
        return device

    @property
    def hidden_size(self) -> int:
        return int(self.config.hidden_size)

    def hidden(self, ids: Tensor, mask: Tensor, adapter: str | None = None, wanted: Tensor | None = None) -> Tensor:
        """Last hidden states, after the final norm.

        Args:
            ids: int64 [B, L], padded on either side.
            mask: bool [B, L], True on real tokens.
            adapter: which adapter is on; None is the bare model.
            wanted: bool [B, L], the tokens whose states will be read; None is all. A backbone may leave out the rest.

        Returns:
            [B, L, H] in the model's precision; meaningless on padding and where it is not wanted.
        """
        with self._using(adapter):
            output = self.body(
                input_ids=ids, attention_mask=mask.long(), position_ids=position_ids(mask), use_cache=False
            )
        states: Tensor = output.last_hidden_state
        return states

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits over the vocabulary: [..., H] -> [..., V]."""
        logits: Tensor = self.head(hidden)
        if scale := getattr(self.config, "logit_scale", None):  # Cohere
            logits = logits * scale
        if scaling := getattr(self.config, "logits_scaling", None):  # Granite
            logits = logits / scaling
        if cap := getattr(self.config, "final_logit_softcapping", None):  # Gemma
            logits = cap * torch.tanh(logits / cap)
        return logits

    @contextmanager
    def decoder(self, adapter: str | None, room: int) -> Iterator[Decoder]:
        """A decoder for one batch; within this block the adapter is merged into the weights where that is exact.

        Args:
            adapter: which adapter is on; None is the bare model.
            room: tokens that will be written at most.
        """
        with self._using(adapter, merge=True):
            yield _CacheDecoder(self.body)

    @contextmanager
    def _using(self, adapter: str | None, *, merge: bool = False) -> Iterator[None]:
        if not isinstance(self.model, PeftModel):
            yield
            return
        if adapter is not None:
            self.model.set_adapter(adapter)
            self._keep_trainable()
        if adapter is not None and not merge:
            yield
            return
        with self._merged(adapter), self.model.disable_adapter():
            self._keep_trainable()
            yield
        self._keep_trainable()

    @contextmanager
    def _merged(self, adapter: str | None) -> Iterator[None]:
        """The base weights are put aside and put back, never added to and subtracted from: they stay exact."""
        own: list[tuple[nn.Parameter, Tensor]] = []
        try:
            for layer in self.plain.modules():
                if has_adapter(layer, adapter):
                    weight = base_layer(layer).weight
                    own.append((weight, weight.data))
                    with torch.no_grad():
                        weight.data = weight.data + layer.get_delta_weight(adapter).to(weight.dtype)
            yield
        finally:
            for weight, data in own:
                weight.data = data

    def _keep_trainable(self) -> None:
        """peft freezes every adapter but the active one, and a gradient still to come would be dropped silently."""
        for parameter in self.trainable:
            parameter.requires_grad_(True)

    @torch.no_grad()
    def _check_logits(self) -> None:
        ids = torch.arange(4, device=self.device)[None] % int(self.config.vocab_size)
        mask = torch.ones_like(ids, dtype=torch.bool)
        own = self.plain(input_ids=ids, attention_mask=mask.long(), use_cache=False).logits.float()
        ours = self.logits(self.body(input_ids=ids, attention_mask=mask.long(), use_cache=False).last_hidden_state)
        if not torch.allclose(own, ours.float(), rtol=1e-2, atol=1e-2 * float(own.abs().max())):
            raise ModelError(
                f"The engine does not know how {type(self.plain).__name__} computes its logits; it cannot optimise it."
            )


class _CacheDecoder:
    """Decoding through the model's own key-value cache."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self._cache: Any = None
        self._mask = torch.empty(0)

    def start(self, prompts: Tensor, mask: Tensor) -> Tensor:
        self._mask = mask
        return self._read(prompts)

    def step(self, tokens: Tensor) -> Tensor:
        self._mask = torch.cat([self._mask, torch.ones_like(self._mask[:, :1])], dim=1)
        return self._read(tokens[:, None])

    def keep(self, rows: Tensor) -> None:
        self._mask = self._mask[rows]
        self._cache.batch_select_indices(rows)

    def _read(self, ids: Tensor) -> Tensor:
        output = self._body(
            input_ids=ids,
            attention_mask=self._mask.long(),
            position_ids=position_ids(self._mask)[:, -ids.shape[1] :],
            past_key_values=self._cache,
            use_cache=True,
        )
        self._cache = output.past_key_values
        hidden: Tensor = output.last_hidden_state[:, -1]
        return hidden

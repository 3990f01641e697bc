"""The Llama family (Llama, Mistral, Qwen2, Qwen3), computed without what PPO does not need.

The same arithmetic as transformers' own, on the same weights, with four savings: padding never enters a matrix
product, the last layer computes no state that nobody reads, the adapters of projections that read the same input
share one product, and sampling (`llama_decoder`) merges adapters and keeps a static cache. `fits` compares the two on
a padded batch before this one is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from workbench.ppo.backbone import (
    Backbone,
    Decoder,
    base_layer,
    has_adapter,
    plain_model,
    position_ids,
)
from workbench.ppo.llama_decoder import LlamaDecoder

Rotation = tuple[Tensor, Tensor]
"""Cosines and sines of each token's position, [N, D]."""
FAMILY = frozenset({"llama", "mistral", "qwen2", "qwen3"})


class LlamaBackbone(Backbone):
    """Hidden states of a Llama-like model; adapters are chosen per call, nothing is switched."""

    @classmethod
    def fits(cls, model: PreTrainedModel | PeftModel) -> bool:
        """Whether this class knows the model: by its family, its adapters, and a trial."""
        config = plain_model(model).config
        known = (
            config.model_type in FAMILY
            and getattr(config, "sliding_window", None) is None
            and not getattr(config, "attention_dropout", 0.0)
        )
        return known and cls(model)._agrees()

    def hidden(self, ids: Tensor, mask: Tensor, adapter: str | None = None, wanted: Tensor | None = None) -> Tensor:
        packing = Packing(mask, wanted)
        states = self.body.embed_tokens(packing.pack(ids))
        cos, sin = self.body.rotary_emb(states[None], packing.pack(position_ids(mask))[None])
        rotation = (cos[0], sin[0])
        last = self.body.layers[-1]
        for layer in self.body.layers:
            attended = attend(layer.self_attn, norm(layer.input_layernorm, states), rotation, packing, adapter)
            if layer is last:  # behind its attention no token is read by another
                attended, states = packing.choose(attended), packing.choose(states)
            states = states + project(attended, (layer.self_attn.o_proj,), adapter)[0]
            states = states + feed_forward(layer.mlp, norm(layer.post_attention_layernorm, states), adapter)
        return packing.unpack(norm(self.body.norm, states))

    @contextmanager
    def decoder(self, adapter: str | None, room: int) -> Iterator[Decoder]:
        yield LlamaDecoder(self.body, self.config, adapter, room)

    @torch.no_grad()
    def _agrees(self) -> bool:
        ids = torch.arange(10, device=self.device).view(2, 5) % int(self.config.vocab_size)
        mask = torch.ones_like(ids, dtype=torch.bool)
        mask[0, :2] = False
        mask[1, 4:] = False
        own, ours = super().hidden(ids, mask)[mask].float(), self.hidden(ids, mask)[mask].float()
        tolerance = 1e-4 if self.plain.dtype == torch.float32 else 5e-2
        return bool((own - ours).abs().max() <= tolerance * own.abs().max().clamp(min=1.0))


def new_backbone(model: PreTrainedModel | PeftModel) -> Backbone:
    """The fastest backbone that gives this model's own hidden states."""
    return LlamaBackbone(model) if LlamaBackbone.fits(model) else Backbone(model)


class Packing:
    """Between [B, L, ...] with padding on either side and [N, ...] of the N real tokens.

    For attention each row's tokens stand at its left end, [B, W, ...] with W the longest row: causal attention alone
    then keeps every token from reading padding, and no mask is needed.
    """

    def __init__(self, mask: Tensor, wanted: Tensor | None = None) -> None:
        """``mask``: bool [B, L], True on real tokens. ``wanted``: those whose final states are read; None is all."""
        self.shape = mask.shape
        lengths = mask.sum(dim=1)
        self.width = int(lengths.max())
        full = bool((lengths == mask.shape[1]).all())
        self._tokens = None if full else _places(mask)
        self._left = None if full else _places(torch.arange(self.width, device=mask.device) < lengths[:, None])
        self._wanted = None if wanted is None else wanted & mask

    def pack(self, values: Tensor) -> Tensor:
        """[B, L, ...] -> [N, ...]."""
        flat = values.flatten(0, 1)
        return flat if self._tokens is None else flat.index_select(0, self._tokens)

    def rows(self, values: Tensor) -> Tensor:
        """[N, ...] -> [B, W, ...], every row from its left end; 0 behind it."""
        return _spread(values, self._left, self.shape[0], self.width)

    def flat(self, rows: Tensor) -> Tensor:
        """Back from `rows`: [B, W, ...] -> [N, ...]."""
        flat = rows.flatten(0, 1)
        return flat if self._left is None else flat.index_select(0, self._left)

    def choose(self, values: Tensor) -> Tensor:
        """[N, ...] -> [n, ...] of the wanted tokens."""
        return values if self._wanted is None else values[self.pack(self._wanted)]

    def unpack(self, values: Tensor) -> Tensor:
        """[n, ...] -> [B, L, ...], 0 where nothing is wanted."""
        places = self._tokens if self._wanted is None else _places(self._wanted)
        return _spread(values, places, *self.shape)


def _places(mask: Tensor) -> Tensor:
    return mask.flatten().nonzero().squeeze(1)


def _spread(values: Tensor, places: Tensor | None, batch: int, length: int) -> Tensor:
    if places is not None:
        whole = values.new_zeros((batch * length, *values.shape[1:]))
        values = whole.index_copy(0, places, values)
    return values.view(batch, length, *values.shape[1:])


def attend(layer: Any, states: Tensor, rotation: Rotation, packing: Packing, adapter: str | None) -> Tensor:
    """Causal self-attention of one layer before its output projection: [N, H] -> [N, heads × D]."""
    parts = project(states, (layer.q_proj, layer.k_proj, layer.v_proj), adapter)
    query, key, value = (part.view(len(part), -1, layer.head_dim) for part in parts)
    if hasattr(layer, "q_norm"):  # Qwen3
        query, key = norm(layer.q_norm, query), norm(layer.k_norm, key)
    query, key = rotate(query, rotation), rotate(key, rotation)
    query, key, value = (packing.rows(part).transpose(1, 2) for part in (query, key, value))
    attended = functional.scaled_dot_product_attention(
        query, key, value, is_causal=True, scale=layer.scaling, enable_gqa=query.shape[1] != key.shape[1]
    )
    return packing.flat(attended.transpose(1, 2)).flatten(1)


def feed_forward(layer: Any, states: Tensor, adapter: str | None) -> Tensor:
    """The gated feed-forward part of one layer: [N, H] -> [N, H]."""
    gate, up = project(states, (layer.gate_proj, layer.up_proj), adapter)
    (output,) = project(layer.act_fn(gate) * up, (layer.down_proj,), adapter)
    return output


def rotate(heads: Tensor, rotation: Rotation) -> Tensor:
    """Rotary position embedding of [N, heads, D] by cosines and sines [N, D] (Su et al. 2021)."""
    cos, sin = (part[:, None] for part in rotation)
    first, second = heads.chunk(2, dim=-1)
    return torch.addcmul(heads * cos, torch.cat([-second, first], dim=-1), sin)


def norm(layer: Any, states: Tensor) -> Tensor:
    """Root-mean-square norm with the layer's weight (Zhang & Sennrich 2019)."""
    return functional.rms_norm(states, states.shape[-1:], layer.weight, layer.variance_epsilon)


def project(states: Tensor, layers: Sequence[nn.Module], adapter: str | None) -> list[Tensor]:
    """Linear layers that read the same [N, in], their adapter added: [N, out] each."""
    adapted = [has_adapter(layer, adapter) for layer in layers]
    outputs = [_base(layer, states) for layer in layers]
    if not any(adapted):
        return outputs
    chosen: list[Any] = [layer for layer, has in zip(layers, adapted, strict=True) if has]
    downs = [layer.lora_A[adapter].weight for layer in chosen]
    inner = functional.linear(states, downs[0] if len(downs) == 1 else torch.cat(downs))
    pieces = iter(zip(inner.split([len(down) for down in downs], dim=1), chosen, strict=True))
    return [
        _add_adapter(output, *next(pieces), adapter) if has else output
        for output, has in zip(outputs, adapted, strict=True)
    ]


def _base(layer: Any, states: Tensor) -> Tensor:
    plain = base_layer(layer)
    return functional.linear(states, plain.weight, plain.bias)


def _add_adapter(output: Tensor, inner: Tensor, layer: Any, adapter: str | None) -> Tensor:
    up = layer.lora_B[adapter].weight * layer.scaling[adapter]
    # In place: a linear layer's gradient needs its input and weight, never its output.
    return output.addmm_(inner.to(output.dtype), up.t().to(output.dtype))

"""The Llama family (Llama, Mistral, Qwen2, Qwen3), computed without what PPO does not need.

The same arithmetic as transformers' own, on the same weights, with three savings: padding never enters a matrix
product, the adapters of projections that read the same input share one product, and sampling (`llama_decoder`)
merges adapters and keeps a static cache. `fits` compares the two on a padded batch before this one is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from peft import PeftModel
from torch import Tensor, nn
from transformers import PreTrainedModel

from workbench.ppo.backbone import (
    Backbone,
    Decoder,
    base_layer,
    causal_mask,
    has_adapter,
    plain_model,
    position_ids,
)

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

    def hidden(self, ids: Tensor, mask: Tensor, adapter: str | None = None) -> Tensor:
        packing = Packing(mask)
        states = self.body.embed_tokens(packing.pack(ids))
        cos, sin = self.body.rotary_emb(states[None], packing.pack(position_ids(mask))[None])
        rotation = (cos[0], sin[0])
        for layer in self.body.layers:
            states = states + attend(layer.self_attn, norm(layer.input_layernorm, states), rotation, packing, adapter)
            states = states + feed_forward(layer.mlp, norm(layer.post_attention_layernorm, states), adapter)
        return packing.unpack(norm(self.body.norm, states))

    @contextmanager
    def decoder(self, adapter: str | None, room: int) -> Iterator[Decoder]:
        from workbench.ppo.llama_decoder import LlamaDecoder

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


class Packing:
    """Between [B, L, ...] with padding and [N, ...] of the N real tokens."""

    def __init__(self, mask: Tensor) -> None:
        """``mask``: bool [B, L], True on real tokens."""
        self.batch, self.length = mask.shape
        self.attention_mask = causal_mask(mask)
        self._index = None if self.attention_mask is None else mask.flatten().nonzero().squeeze(1)

    def pack(self, values: Tensor) -> Tensor:
        """[B, L, ...] -> [N, ...]."""
        flat = values.flatten(0, 1)
        return flat if self._index is None else flat.index_select(0, self._index)

    def unpack(self, values: Tensor) -> Tensor:
        """[N, ...] -> [B, L, ...], 0 on padding."""
        if self._index is not None:
            whole = values.new_zeros((self.batch * self.length, *values.shape[1:]))
            values = whole.index_copy(0, self._index, values)
        return values.view(self.batch, self.length, *values.shape[1:])


def attend(layer: Any, states: Tensor, rotation: Rotation, packing: Packing, adapter: str | None) -> Tensor:
    """Causal self-attention of one layer: [N, H] -> [N, H]."""
    parts = project(states, (layer.q_proj, layer.k_proj, layer.v_proj), adapter)
    query, key, value = (part.view(len(part), -1, layer.head_dim) for part in parts)
    if hasattr(layer, "q_norm"):  # Qwen3
        query, key = norm(layer.q_norm, query), norm(layer.k_norm, key)
    query, key = rotate(query, rotation), rotate(key, rotation)
    query, key, value = (packing.unpack(part).transpose(1, 2) for part in (query, key, value))
    attended = F.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=packing.attention_mask,
        is_causal=packing.attention_mask is None,
        scale=layer.scaling,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    (output,) = project(packing.pack(attended.transpose(1, 2)).flatten(1), (layer.o_proj,), adapter)
    return output


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
    return F.rms_norm(states, states.shape[-1:], layer.weight, layer.variance_epsilon)


def project(states: Tensor, layers: Sequence[nn.Module], adapter: str | None) -> list[Tensor]:
    """Linear layers that read the same [N, in], their adapter added: [N, out] each."""
    adapted = [has_adapter(layer, adapter) for layer in layers]
    outputs = [_base(layer, states) for layer in layers]
    if not any(adapted):
        return outputs
    chosen: list[Any] = [layer for layer, has in zip(layers, adapted, strict=True) if has]
    downs = [layer.lora_A[adapter].weight for layer in chosen]
    inner = F.linear(states, downs[0] if len(downs) == 1 else torch.cat(downs))
    pieces = iter(zip(inner.split([len(down) for down in downs], dim=1), chosen, strict=True))
    return [
        _add_adapter(output, *next(pieces), adapter) if has else output
        for output, has in zip(outputs, adapted, strict=True)
    ]


def _base(layer: Any, states: Tensor) -> Tensor:
    plain = base_layer(layer)
    return F.linear(states, plain.weight, plain.bias)


def _add_adapter(output: Tensor, inner: Tensor, layer: Any, adapter: str | None) -> Tensor:
    up = layer.lora_B[adapter].weight * layer.scaling[adapter]
    return torch.addmm(output, inner.to(output.dtype), up.t().to(output.dtype))

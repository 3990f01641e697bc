"""Decoding for the Llama family: adapters merged, projections that share an input fused, a static cache.

At the sizes that fit one machine a decoding step is many small operations rather than much arithmetic, so what
counts is how few there are: each layer is four matrix products and as little as possible between them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from workbench.ppo.backbone import base_layer, causal_mask, has_adapter, position_ids


class LlamaDecoder:
    """One batch of prompts, and the keys and values of all that was read so far."""

    def __init__(self, body: Any, config: Any, adapter: str | None, room: int) -> None:
        """Merge and fuse the weights; ``room`` is how many tokens will be written at most."""
        attention = body.layers[0].self_attn
        self._body, self._room = body, room
        self._head_dim: int = attention.head_dim
        self._scale: float = attention.scaling
        self._queries = int(config.num_attention_heads)
        self._keys = int(config.num_key_value_heads)
        self._layers = [_Layer(layer, adapter) for layer in body.layers]
        self._caches: list[tuple[Tensor, Tensor]] = []
        self._mask: Tensor | None = None
        self._length = 0
        self._tables: tuple[Tensor, Tensor] = (torch.empty(0), torch.empty(0))
        self._positions = torch.empty(0)
        self._rotation: tuple[Tensor, Tensor] = self._tables  # of the tokens that are being read

    def start(self, prompts: Tensor, mask: Tensor) -> Tensor:
        batch, width = prompts.shape
        states = self._body.embed_tokens(prompts)
        shape = (batch, self._keys, width + self._room, self._head_dim)
        self._caches = [(states.new_empty(shape), states.new_empty(shape)) for _ in self._layers]
        every = torch.arange(width + self._room, device=prompts.device)[None]
        cos, sin = self._body.rotary_emb(states, every)
        self._tables = (cos[0], _signed(sin[0]))
        attention = causal_mask(mask)
        if attention is not None:
            self._mask = torch.cat([mask, mask.new_ones(batch, self._room)], dim=1)[:, None, None]
        self._length = width
        positions = position_ids(mask)
        self._turn(positions)
        for layer, cache in zip(self._layers, self._caches, strict=True):
            states = self._layer(layer, cache, states, 0, attention)
        self._positions = positions[:, -1]
        return self._final(states[:, -1])

    def step(self, tokens: Tensor) -> Tensor:
        states = self._body.embed_tokens(tokens)[:, None]
        self._positions = self._positions + 1
        self._turn(self._positions[:, None])
        begin, self._length = self._length, self._length + 1
        attention = None if self._mask is None else self._mask[..., : self._length]
        for layer, cache in zip(self._layers, self._caches, strict=True):
            states = self._layer(layer, cache, states, begin, attention)
        return self._final(states[:, 0])

    def keep(self, rows: Tensor) -> None:
        self._caches = [(keys[rows], values[rows]) for keys, values in self._caches]
        self._positions = self._positions[rows]
        if self._mask is not None:
            self._mask = self._mask[rows]

    def _layer(
        self, layer: _Layer, cache: tuple[Tensor, Tensor], states: Tensor, begin: int, attention: Tensor | None
    ) -> Tensor:
        batch, length = states.shape[:2]
        heads = layer.read(states).view(batch, length, -1, self._head_dim)
        rotated, value = heads.split([self._queries + self._keys, self._keys], dim=2)
        if layer.query_norm is not None:
            query, key = rotated.split([self._queries, self._keys], dim=2)
            rotated = torch.cat([_norm(query, layer.query_norm), _norm(key, layer.key_norm)], dim=2)
        rotated = self._rotate(rotated)
        query, key = rotated.split([self._queries, self._keys], dim=2)
        keys, values = cache
        keys[:, :, begin : begin + length] = key.transpose(1, 2)
        values[:, :, begin : begin + length] = value.transpose(1, 2)
        end = begin + length
        attended = self._attend(query, keys[:, :, :end], values[:, :, :end], attention)
        states = states + functional.linear(attended, layer.output, layer.output_bias)
        gate, up = layer.widen(states).chunk(2, dim=-1)
        return states + functional.linear(layer.activate(gate) * up, layer.narrow, layer.narrow_bias)

    def _attend(self, query: Tensor, keys: Tensor, values: Tensor, attention: Tensor | None) -> Tensor:
        batch, length = query.shape[:2]
        if length == 1:
            # The queries that share a key head stand as rows of one query: no key is repeated.
            grouped = query.view(batch, self._keys, -1, self._head_dim)
            attended = functional.scaled_dot_product_attention(
                grouped, keys, values, attn_mask=attention, scale=self._scale
            )
            return attended.reshape(batch, 1, -1)
        attended = functional.scaled_dot_product_attention(
            query.transpose(1, 2),
            keys,
            values,
            attn_mask=attention,
            is_causal=attention is None,
            scale=self._scale,
            enable_gqa=self._queries != self._keys,
        )
        return attended.transpose(1, 2).reshape(batch, length, -1)

    def _turn(self, positions: Tensor) -> None:
        """Take the cosines and sines of the next tokens' positions, int64 [B, L], once for all layers."""
        cos, sin = self._tables
        self._rotation = (cos[positions][:, :, None], sin[positions][:, :, None])

    def _rotate(self, heads: Tensor) -> Tensor:
        cos, sin = self._rotation
        return torch.addcmul(heads * cos, heads.roll(self._head_dim // 2, dims=-1), sin)

    def _final(self, states: Tensor) -> Tensor:
        return _norm(states, self._body.norm)


class _Layer:
    """One layer's weights: adapters merged, norms folded in, shared inputs fused."""

    def __init__(self, layer: Any, adapter: str | None) -> None:
        attention, mlp = layer.self_attn, layer.mlp
        self.epsilon: float = layer.input_layernorm.variance_epsilon
        self._fused, self._fused_bias = _fuse(
            (attention.q_proj, attention.k_proj, attention.v_proj), adapter, layer.input_layernorm.weight
        )
        self.query_norm: Any = getattr(attention, "q_norm", None)
        self.key_norm: Any = getattr(attention, "k_norm", None)
        self.output, self.output_bias = _merged(attention.o_proj, adapter)
        self._wide, self._wide_bias = _fuse(
            (mlp.gate_proj, mlp.up_proj), adapter, layer.post_attention_layernorm.weight
        )
        self.narrow, self.narrow_bias = _merged(mlp.down_proj, adapter)
        self.activate: Any = mlp.act_fn

    def read(self, states: Tensor) -> Tensor:
        """Queries, keys and values of the normed states, side by side."""
        return functional.linear(self._scaled(states), self._fused, self._fused_bias)

    def widen(self, states: Tensor) -> Tensor:
        """Gate and up projection of the normed states, side by side."""
        return functional.linear(self._scaled(states), self._wide, self._wide_bias)

    def _scaled(self, states: Tensor) -> Tensor:
        return functional.rms_norm(states, states.shape[-1:], None, self.epsilon)


def _norm(states: Tensor, layer: Any) -> Tensor:
    return functional.rms_norm(states, states.shape[-1:], layer.weight, layer.variance_epsilon)


def _signed(sin: Tensor) -> Tensor:
    """Sines with the sign that rotating by a half turn round needs: negative in the first half."""
    half = sin.shape[-1] // 2
    return torch.cat([-sin[..., :half], sin[..., half:]], dim=-1)


def _fuse(layers: tuple[Any, ...], adapter: str | None, norm_weight: Tensor) -> tuple[Tensor, Tensor | None]:
    """Weights of layers with the same input, one above the other, the norm's weight before them folded in."""
    parts = [_merged(layer, adapter) for layer in layers]
    weight = torch.cat([part * norm_weight for part, _ in parts])
    if all(bias is None for _, bias in parts):
        return weight, None
    biases = [weight.new_zeros(len(part)) if bias is None else bias for part, bias in parts]
    return weight, torch.cat(biases)


def _merged(layer: Any, adapter: str | None) -> tuple[Tensor, Tensor | None]:
    """Weight with the adapter added, and bias."""
    plain = base_layer(layer)
    if not has_adapter(layer, adapter):
        return plain.weight, plain.bias
    return plain.weight + layer.get_delta_weight(adapter).to(plain.weight.dtype), plain.bias

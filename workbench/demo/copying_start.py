"""A fresh Llama that can already copy: an induction circuit by construction, as a place to start training from.

To answer about what was asked, a model must find a name in the question and write it again. Large models learn such a
circuit by themselves (Olsson et al. 2022, "In-context learning and induction heads"): a head in one layer tells each
token what stands before it, a head in a later layer looks for the place where the present token stood before, and
copies what followed. In a few million tokens this small model does not find it, so it begins with a rough one, and
training does the rest.
"""

from __future__ import annotations

from typing import Any

HEADS = 3
"""Heads of each of the two layers that take part; the others start at random."""
EMBEDDING_SCALE = 0.15
"""Deviation of the embeddings, near where training ends: were they to grow, what the circuit adds would drown."""


def start_with_copying(model: Any) -> None:
    """Set the first two layers' attention of a LlamaForCausalLM with ``attention_bias``, in place.

    The residual stream's first half of dimensions says which token stands at a position; the second half is where the
    first layer notes the token before it.
    """
    import torch

    first, second = (layer.self_attn for layer in model.model.layers[:2])
    head_dim = model.config.head_dim
    noted_at = model.config.hidden_size // 2
    with torch.no_grad():
        torch.nn.init.normal_(model.model.embed_tokens.weight, std=EMBEDDING_SCALE)
        for head in range(HEADS):
            rows = slice(head * head_dim, (head + 1) * head_dim)
            token, note = rows, slice(noted_at + rows.start, noted_at + rows.stop)
            _look_back_by_one(first, rows, model.model.rotary_emb.inv_freq)
            _copy(first, rows, source=token, target=note, gain=2 * EMBEDDING_SCALE)
            _match(second, rows, wanted=token, offered=note)
            _copy(second, rows, source=token, target=token, gain=10 * EMBEDDING_SCALE)


def _look_back_by_one(attention: Any, rows: slice, frequencies: Any, strength: float = 8.0, pairs: int = 6) -> None:
    """Attend to the position before, by biases alone.

    With rotary positions, a key bias ``(a, 0)`` and a query bias turned back by one step score
    ``a^2 cos(w (distance - 1))`` in each frequency: highest at distance 1.
    """
    import torch

    half = (rows.stop - rows.start) // 2
    angles = frequencies[:pairs]
    for projection in (attention.q_proj, attention.k_proj):
        projection.bias[rows] = 0.0
    attention.k_proj.bias[rows.start : rows.start + pairs] = strength
    attention.q_proj.bias[rows.start : rows.start + pairs] = strength * torch.cos(angles)
    attention.q_proj.bias[rows.start + half : rows.start + half + pairs] = -strength * torch.sin(angles)


def _match(attention: Any, rows: slice, wanted: slice, offered: slice, gain: float = 6.0) -> None:
    """Attend to where the noted token equals the present one.

    Only the slowly turning half of the rotary pairs takes part: there, distance hardly changes the product.
    """
    import torch

    half = (rows.stop - rows.start) // 2
    for projection, dimensions in ((attention.q_proj, wanted), (attention.k_proj, offered)):
        projection.weight[rows] = 0.0
        for pair in range(half // 2, half):
            for part in (pair, pair + half):
                projection.weight[rows.start + part, dimensions.start + part] = gain
    torch.nn.init.zeros_(attention.q_proj.bias[rows])
    torch.nn.init.zeros_(attention.k_proj.bias[rows])


def _copy(attention: Any, rows: slice, source: slice, target: slice, gain: float) -> None:
    """Write what stands in ``source`` at the attended position into ``target``."""
    import torch

    identity = torch.eye(rows.stop - rows.start)
    attention.v_proj.weight[rows] = 0.0
    attention.v_proj.weight[rows, source] = identity
    attention.o_proj.weight[:, rows] = 0.0
    attention.o_proj.weight[target, rows] = identity * gain

"""The same work for both engines: model shapes and settings, without any import that either of them lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

END, PAD = 2, 0
LORA_RANK, LORA_ALPHA, PPO_EPOCHS = 16, 32, 4


@dataclass(frozen=True)
class Shape:
    """A model's dimensions, and a batch."""

    layers: int
    width: int
    inner: int
    heads: int
    key_heads: int
    vocabulary: int
    batch: int
    prompt: int
    response: int
    attention_bias: bool = False

    def configuration(self) -> dict[str, Any]:
        """Arguments of transformers' LlamaConfig."""
        return {
            "vocab_size": self.vocabulary,
            "hidden_size": self.width,
            "intermediate_size": self.inner,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.key_heads,
            "tie_word_embeddings": True,
            "attention_bias": self.attention_bias,
            "max_position_embeddings": 1024,
            "pad_token_id": PAD,
            "eos_token_id": END,
        }

    def products(self) -> list[tuple[int, int]]:
        """(inputs, outputs) of every weight matrix of one layer."""
        keys = self.width // self.heads * self.key_heads
        inner = [(self.width, self.inner)] * 2 + [(self.inner, self.width)]
        return [(self.width, self.width), (self.width, keys), (self.width, keys), (self.width, self.width), *inner]


SHAPES = {
    "embedded": Shape(4, 224, 608, 7, 7, 2048, batch=32, prompt=32, response=48, attention_bias=True),
    "135m": Shape(30, 576, 1536, 9, 3, 49152, batch=8, prompt=64, response=48),
}

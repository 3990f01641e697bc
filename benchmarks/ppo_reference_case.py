"""One small case for both engines: a model, an adapter, a batch of rollouts. Without imports that either lacks."""

from __future__ import annotations

import zlib
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

PAD, END = 0, 1
PROMPT, RESPONSE, VOCABULARY, WIDTH = 5, 7, 24, 32
RANK, ALPHA = 4, 8
GAMMA, LAM, KL_COEF, TEMPERATURE, MISSING_EOS_PENALTY, VALUE_COEF = 0.97, 0.9, 0.1, 0.8, 1.5, 0.1


def configuration() -> dict[str, Any]:
    """Arguments of LlamaConfig."""
    return {
        "vocab_size": VOCABULARY,
        "hidden_size": WIDTH,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 64,
        "pad_token_id": PAD,
        "eos_token_id": END,
    }


def model() -> LlamaForCausalLM:
    """The SFT model."""
    made = LlamaForCausalLM(LlamaConfig(**configuration()))
    made.eval()
    fill(made, 0.25)
    return made


def fill(module: torch.nn.Module, scale: float, adapter: str = "none") -> None:
    """Weights that depend on their names alone, so that two processes and two libraries have the same."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.dim() > 1 and ("lora_" in name) == (adapter != "none"):
                plain = name.replace(f".{adapter}.", ".").split("model.layers.")[-1]
                generator = torch.Generator().manual_seed(zlib.crc32(plain.encode()))
                parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Prompts padded on the left [B, P] and responses padded on the right [B, T]; two never end."""
    generator = torch.Generator().manual_seed(5)
    prompts = torch.randint(2, VOCABULARY, (8, PROMPT), generator=generator)
    responses = torch.randint(2, VOCABULARY, (8, RESPONSE), generator=generator)
    for row, (spare, length) in enumerate([(0, 3), (2, 7), (1, 1), (4, 5), (0, 6), (3, 7), (0, 2), (1, 4)]):
        prompts[row, :spare] = PAD
        if length < RESPONSE:
            responses[row, length - 1] = END
            responses[row, length:] = PAD
    return prompts, responses


def noise() -> torch.Tensor:
    """What the sampling policy's logits differed by: [B, T, V]. Without it every ratio would be 1."""
    generator = torch.Generator().manual_seed(6)
    return 0.4 * torch.randn(8, RESPONSE, VOCABULARY, generator=generator)


def fingerprint(value: torch.Tensor, name: str) -> list[float]:
    """Norm of a tensor, and its products with two fixed random ones: equal for equal tensors, whatever their size."""
    flat = value.detach().double().flatten()
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    probes = torch.randn(2, len(flat), generator=generator, dtype=torch.float64)
    return [flat.norm().item(), *(probes @ flat).tolist()]


def plain_name(name: str, adapter: str) -> str:
    """A parameter's name without what the libraries put around it."""
    return name.replace(f".{adapter}.", ".").split("model.layers.")[-1]

"""Which layers of a language model get a LoRA adapter."""

from __future__ import annotations

from typing import Literal

LoraTargets = Literal["mlp", "all-linear"]

FEED_FORWARD = r".*\.(mlp|feed_forward|ffn)\.(?!act)\w+"
"""Names of the feed-forward layers in Llama, Qwen, Mistral, Gemma, Phi and their like. With adapters there alone, the
attention that reads the question and copies from it stays the base model's (docs/experiments.md)."""


def target_modules(targets: LoraTargets) -> str:
    """What PEFT's ``LoraConfig.target_modules`` is to be: a pattern of module names, or all linear layers."""
    return FEED_FORWARD if targets == "mlp" else targets

"""What is known of a base model without loading it, from its configuration and the headers of its weights."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.errors import ModelError

Source = Literal["embedded", "folder", "hub"]
_BYTES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "I8": 1}
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json")
WEIGHTS_AND_TEXT = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt", "README.md")
"""What is fetched of a hub model: never pickles, never code."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A base model as far as it can be known without loading it."""

    base: str
    source: Source
    revision: str | None
    """The commit, where the model comes from the hub."""
    architecture: str
    parameters: int
    weight_bytes: int
    context: int | None
    """Tokens; None where the configuration does not say."""
    vocabulary: int
    hidden: int
    layers: int
    intermediate: int
    own_template: bool
    """Whether it brings a chat template; otherwise it is given the project's."""
    licence: str | None
    download_bytes: int = 0
    """What is not on this machine yet."""
    problems: tuple[str, ...] = field(default=())
    """Why it cannot be used; one sentence each."""

    @property
    def cached(self) -> bool:
        """Whether all of it is on this machine."""
        return self.download_bytes == 0


def facts_of(
    base: str,
    source: Source,
    revision: str | None,
    config: dict[str, Any],
    headers: Iterable[dict[str, Any]],
    *,
    own_template: bool,
    licence: str | None,
    download_bytes: int = 0,
    problems: Iterable[str] = (),
) -> ModelFacts:
    """Facts from a ``config.json`` and the headers of the weights.

    Raises:
        ModelError: the configuration is not that of a language model.
    """
    inner = _text_config(config)
    hidden = int(inner.get("hidden_size") or inner.get("n_embd") or 0)
    parameters, weight_bytes = _sizes(headers)
    layers = int(inner.get("num_hidden_layers") or inner.get("n_layer") or 0)
    if not hidden or not layers:
        raise ModelError(f"The configuration of {base} is not that of a language model.")
    return ModelFacts(
        base=base,
        source=source,
        revision=revision,
        architecture=(config.get("architectures") or [str(config.get("model_type", "unknown"))])[0],
        parameters=parameters,
        weight_bytes=weight_bytes,
        context=inner.get("max_position_embeddings") or inner.get("n_positions"),
        vocabulary=int(inner.get("vocab_size") or 0),
        hidden=hidden,
        layers=layers,
        intermediate=int(inner.get("intermediate_size") or inner.get("n_inner") or 4 * hidden),
        own_template=own_template,
        licence=licence,
        download_bytes=download_bytes,
        problems=(*problems, *_unsuitable(base, config)),
    )


def _text_config(config: dict[str, Any]) -> dict[str, Any]:
    """The part about the language model, where the configuration has one for images beside it."""
    inner = config.get("text_config")
    return inner if isinstance(inner, dict) else config


def _sizes(headers: Iterable[dict[str, Any]]) -> tuple[int, int]:
    """Parameters and bytes of all tensors; tied weights are stored once."""
    parameters = weight_bytes = 0
    for header in headers:
        for name, tensor in header.items():
            if name != "__metadata__":
                count = math.prod(tensor["shape"])
                parameters += count
                weight_bytes += count * _BYTES.get(tensor["dtype"], 4)
    return parameters, weight_bytes


def _unsuitable(base: str, config: dict[str, Any]) -> list[str]:
    found = []
    if "auto_map" in config:
        found.append(f"{base} needs code of its own to run, and code that comes with a model is never run here.")
    if config.get("is_encoder_decoder"):
        found.append(f"{base} is an encoder-decoder model; a decoder such as Llama or Qwen is needed.")
    named = [str(name) for name in config.get("architectures") or ()]
    if named and not any(re.search(r"CausalLM|LMHead|ConditionalGeneration", name) for name in named):
        found.append(f"{base} is no language model ({named[0]}): it does not write text.")
    if config.get("quantization_config"):
        found.append(f"{base} is quantised already; take the original, and QLoRA if memory is short.")
    return found

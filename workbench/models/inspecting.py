"""What a base model is, from its configuration and the headers of its weights: nothing is loaded, nothing downloaded.

A model is the embedded one, a local folder, or a Hugging Face id; of the last the cache of this machine is looked at
first and the hub asked for the rest.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workbench.errors import ModelError
from workbench.models.spec import EMBEDDED, ModelSpec

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


def inspect_model(spec: ModelSpec, *, online: bool = True) -> ModelFacts:
    """The facts of a spec's base.

    Args:
        online: whether the hub may be asked for what the cache does not have.

    Raises:
        ModelError: there is no such model, or it is neither here nor can the hub be reached.
    """
    from workbench.models.loading import EMBEDDED_DIR, is_local

    if spec.base == EMBEDDED:
        return _of_folder(EMBEDDED_DIR, EMBEDDED, "embedded", None)
    if is_local(spec.base):
        return _of_folder(Path(spec.base).expanduser(), spec.base, "folder", None)
    from workbench.models.hub import cached_snapshot, facts_from_hub

    found = cached_snapshot(spec.base, spec.revision)
    if found is not None:
        commit, folder = found
        if _complete(folder):
            return _of_folder(folder, spec.base, "hub", commit)
    return facts_from_hub(spec, online)


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


def licence_in(readme: str) -> str | None:
    """The ``license`` in the front matter of a model card."""
    front = re.match(r"---\n(.*?)\n---", readme, re.DOTALL)
    found = re.search(r"^license(?:_name)?:\s*(\S+)", front[1], re.MULTILINE) if front else None
    return found[1] if found else None


def read_header(path: Path) -> dict[str, Any]:
    """The header of a safetensors file: shapes and types, without the weights.

    Raises:
        ModelError: the file is none.
    """
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(min(length, 100_000_000)))
    except (OSError, ValueError, struct.error) as error:
        raise ModelError(f"The weights {path} cannot be read: they are damaged or no safetensors file.") from error
    if not isinstance(header, dict):
        raise ModelError(f"The weights {path} cannot be read: they are damaged or no safetensors file.")
    return header


def _of_folder(folder: Path, base: str, source: Source, revision: str | None) -> ModelFacts:
    from workbench.models.loading import check_model_folder

    check_model_folder(folder)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"The configuration {folder / 'config.json'} is no JSON.") from error
    readme = folder / "README.md"
    return facts_of(
        base,
        source,
        revision,
        config,
        [read_header(path) for path in sorted(folder.glob("*.safetensors"))],
        own_template=_has_template(folder),
        licence=licence_in(readme.read_text(encoding="utf-8", errors="replace")) if readme.is_file() else None,
        problems=[f"Shard {name} of its weights is missing." for name in _missing_shards(folder)],
    )


def _has_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file():
        return True
    settings = folder / "tokenizer_config.json"
    try:
        return settings.is_file() and bool(json.loads(settings.read_text(encoding="utf-8")).get("chat_template"))
    except ValueError:
        return False


def _complete(folder: Path) -> bool:
    """Whether a cached snapshot has all that loading needs; a broken-off download has not."""
    tokenizer = any((folder / name).is_file() for name in TOKENIZER_FILES)
    return tokenizer and any(folder.glob("*.safetensors")) and not _missing_shards(folder)


def _missing_shards(folder: Path) -> list[str]:
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return []
    names = set(json.loads(index.read_text(encoding="utf-8")).get("weight_map", {}).values())
    return sorted(name for name in names if not (folder / name).is_file())


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

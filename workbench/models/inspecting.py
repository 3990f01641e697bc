"""Looking at a base model: nothing is loaded, nothing downloaded.

A model is the embedded one, a local folder, or a Hugging Face id; of the last the cache of this machine is looked at
first and the hub asked for the rest.
"""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

from workbench.errors import ModelError
from workbench.models.facts import TOKENIZER_FILES, ModelFacts, Source, facts_of
from workbench.models.hub import cached_snapshot, facts_from_hub
from workbench.models.spec import EMBEDDED, ModelSpec


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
    found = cached_snapshot(spec.base, spec.revision)
    if found is not None:
        commit, folder = found
        if _complete(folder):
            return _of_folder(folder, spec.base, "hub", commit)
    return facts_from_hub(spec, online)


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

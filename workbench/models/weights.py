"""Which weights a model has: hashes of the files it is made of, and of what lies in memory."""

from __future__ import annotations

import hashlib
import re
import threading
from pathlib import Path
from typing import Any

from workbench.models.loading import adapter_folder, base_source
from workbench.models.spec import ModelSpec

SAMPLED_VALUES = 4096
"""Values of each tensor that go into the fingerprint of what is in memory."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_known: dict[tuple[str, int, int], str] = {}
_lock = threading.Lock()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal; computed once as long as the file stays as it is.

    Hugging Face's cache names large files by their SHA-256; such a name is taken at its word.
    """
    path = path.resolve()
    if _SHA256.fullmatch(path.name):
        return path.name
    stat = path.stat()
    key = (str(path), stat.st_size, stat.st_mtime_ns)
    with _lock:
        if key not in _known:
            with path.open("rb") as file:
                _known[key] = hashlib.file_digest(file, "sha256").hexdigest()
        return _known[key]


def folder_sha256(folder: Path) -> str | None:
    """One hash for all ``*.safetensors`` of a folder: the file's own where there is one; None where there is none."""
    hashes = [file_sha256(path) for path in sorted(folder.glob("*.safetensors"))]
    if len(hashes) <= 1:
        return hashes[0] if hashes else None
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def base_sha256(spec: ModelSpec) -> str | None:
    """Hash of the base weights; None where they are not on this machine.

    Raises:
        ModelError: a local folder that holds no usable model.
    """
    source = base_source(spec)
    folder = Path(source)
    if not folder.is_dir():
        found = _cached_weights(source, spec.revision)
        if found is None:
            return None
        folder = found
    return folder_sha256(folder)


def adapter_sha256(adapter: str, workspace: Path) -> str:
    """Hash of an adapter's weights.

    Raises:
        ModelError: the path leaves the workspace, or holds no adapter.
    """
    return file_sha256(adapter_folder(adapter, workspace) / "adapter_model.safetensors")


def weights_fingerprint(model: Any) -> str:
    """Hash of a loaded model's weights as they lie in memory: name, shape and evenly spaced values of every tensor.

    Two models that differ in any adapter differ here, and equal ones are equal, on the same machine and precision.
    """
    import torch

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        flat = tensor.detach().reshape(-1)
        step = max(1, flat.numel() // SAMPLED_VALUES)
        sample = flat[::step].to(device="cpu", dtype=torch.float32).contiguous()
        digest.update(f"{name}{tuple(tensor.shape)}".encode())
        digest.update(sample.numpy().tobytes())
    return digest.hexdigest()


def _cached_weights(repository: str, revision: str | None) -> Path | None:
    """The folder of a hub model's files in the local cache."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repository, "config.json", revision=revision)
    return Path(found).parent if isinstance(found, str) else None

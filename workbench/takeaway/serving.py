"""Serving a model to other programs through transformers' own OpenAI-compatible server."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import sys
from pathlib import Path

from workbench.errors import NotReady
from workbench.models.spec import ModelSpec

NEEDED = ("fastapi", "uvicorn", "openai")
"""What ``transformers serve`` imports besides the workbench's own dependencies."""


def missing_for_serving() -> list[str]:
    """Packages that the server needs and that are not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def serving_command(model: Path, host: str, port: int) -> list[str]:
    """The command that serves a model folder.

    Raises:
        NotReady: the server's packages are not installed.
    """
    missing = missing_for_serving()
    if missing:
        raise NotReady(
            f"Serving needs {', '.join(missing)}: install the workbench with its extra, pip install -e '.[serve]'."
        )
    program = [sys.executable, "-P", "-m", "transformers.cli.transformers", "serve", str(model)]
    return [*program, "--host", host, "--port", str(port)]


def merged_folder(workspace: Path, model_id: str, spec: ModelSpec) -> Path:
    """The merged model in the workspace's ``served`` folder, written at the first call for these weights.

    Raises:
        ModelError: the model cannot be loaded.
    """
    from workbench.models.loading import export_merged
    from workbench.models.weights import adapter_sha256, base_sha256

    hashes = [base_sha256(spec) or spec.base, *(adapter_sha256(adapter, workspace) for adapter in spec.adapters)]
    mark = hashlib.sha256("".join(hashes).encode()).hexdigest()[:12]
    folder = workspace / "served" / f"{model_id.replace('/', '--')}-{mark}"
    if not folder.is_dir():
        aside = folder.with_name(f".writing-{folder.name}")
        shutil.rmtree(aside, ignore_errors=True)
        aside.parent.mkdir(parents=True, exist_ok=True)
        export_merged(workspace, spec, aside)
        aside.rename(folder)
    return folder

"""Serving a model to other programs through transformers' own OpenAI-compatible server."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path

from workbench.errors import NotReady
from workbench.models.spec import ModelSpec

OWNER = "workbench"
"""Models are served as ``workbench/MODEL``."""
NEEDED = ("fastapi", "uvicorn", "openai")
"""What ``transformers serve`` imports besides the workbench's own dependencies."""


def missing_for_serving() -> list[str]:
    """Packages that the server needs and that are not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def serving_command(name: str, host: str, port: int) -> list[str]:
    """The command that serves a model of that name (or folder), to be run in the environment of `listed`.

    Raises:
        NotReady: the server's packages are not installed.
    """
    missing = missing_for_serving()
    if missing:
        raise NotReady(
            f"Serving needs {', '.join(missing)}: install the workbench with its extra, pip install -e '.[serve]'."
        )
    program = [sys.executable, "-P", "-m", "transformers.cli.transformers", "serve", name]
    return [*program, "--host", host, "--port", str(port)]


def listed(folder: Path, model_id: str) -> tuple[str, dict[str, str]]:
    """A model folder as the one entry of a Hugging Face cache of its own.

    The server lists (``/v1/models``) what the cache holds, and fails where there is no cache; clients choose from that
    list. With a cache of its own it neither names nor loads anything else.

    Returns:
        The name under which the model is served, and the variables that the server's environment needs.
    """
    short = re.sub(r"[^A-Za-z0-9]+", "-", model_id).strip("-")
    cache = folder.with_name(f".cache-{folder.name}")
    entry = cache / f"models--{OWNER}--{short}"
    revision = folder.name.rpartition("-")[2]
    shutil.rmtree(cache, ignore_errors=True)
    (entry / "blobs").mkdir(parents=True)
    (entry / "refs").mkdir()
    (entry / "refs" / "main").write_text(revision, encoding="utf-8")
    shutil.copytree(folder, entry / "snapshots" / revision, copy_function=_link)
    return f"{OWNER}/{short}", {"HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)


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

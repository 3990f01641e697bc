"""A model as a folder to take away: merged, as one adapter with its base, as GGUF; with its card and a check.

OUT/
├── README.md       the model card
├── merged/         the whole model in Hugging Face layout
├── adapter/        all adapters as one LoRA against the base
├── base/           the base weights, where they are a local folder (a hub model is named in the card)
├── MODEL.gguf      for llama.cpp and Ollama, where llama.cpp's converter is installed
├── Modelfile       for `ollama create`
├── expected.safetensors   token ids and the logits that the model gave to them here
└── check.py        loads every folder with plain transformers and peft and compares the logits
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import ModelError
from workbench.models.exporting import export_adapter
from workbench.models.loading import base_source, load_merged, load_tokenizer
from workbench.models.spec import ModelSpec
from workbench.takeaway.gguf import write_gguf

CHECK_SECONDS = 900
PROBE_TOKENS = 24
WRONG = "not the same model"
"""How `check.py` ends the line of a folder whose logits differ."""


@dataclass(frozen=True, slots=True)
class Package:
    """What was written, and what could not be and why."""

    folder: Path
    parts: tuple[str, ...]
    missing: tuple[str, ...]
    checked: str
    """What the check in a process of its own said."""


def write_package(workspace: Path, spec: ModelSpec, card: str, out: Path, *, gguf: bool = True) -> Package:
    """Write everything, check it in a process that knows nothing of the workbench, then move it into place.

    Raises:
        ModelError: ``out`` exists and is not empty, the model cannot be loaded, or what was written does not give the
            logits that the model gives here. Nothing is left behind then.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ModelError(f"{out} exists and is not empty; name a new folder.")
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".taking-away-", dir=out.parent))
    try:
        parts = _write_models(workspace, spec, aside)
        (aside / "README.md").write_text(card, encoding="utf-8")
        shutil.copyfile(Path(__file__).with_name("check.py"), aside / "check.py")
        for folder in ("merged", "adapter"):
            if (aside / folder).is_dir():
                (aside / folder / "README.md").write_text(card, encoding="utf-8")
        checked = check_package(aside)
        missing: list[str] = []
        if gguf:
            problem = write_gguf(aside, load_tokenizer(spec))
            (missing if problem else parts).append(problem or "gguf")
        if out.exists():
            out.rmdir()
        aside.chmod(0o755)  # mkdtemp makes it private, which nobody expects of an export
        aside.rename(out)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return Package(out, tuple(parts), tuple(missing), checked)


def check_package(folder: Path) -> str:
    """Run the package's own check in a process outside the project; returns what it says.

    Raises:
        ModelError: something does not load, or gives other logits.
    """
    # -I and another working directory: neither the project nor PYTHONPATH can help with loading.
    command = [sys.executable, "-I", "check.py"]
    try:
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=CHECK_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ModelError(f"The check of what was written did not end within {CHECK_SECONDS // 60} minutes.") from None
    if ended.returncode:
        lines = (ended.stdout + ended.stderr).strip().splitlines() or ["no reason given"]
        told = next((line for line in lines if line.endswith(WRONG)), lines[-1])
        raise ModelError(f"What was written is not what it should be: {told}")
    return ended.stdout.strip()


def _write_models(workspace: Path, spec: ModelSpec, folder: Path) -> list[str]:
    import torch
    from safetensors.torch import save_file

    parts = ["merged"]
    model: Any = load_merged(spec, workspace)
    tokenizer = load_tokenizer(spec)
    vocabulary = int(model.get_input_embeddings().weight.shape[0])
    ids = torch.randint(0, vocabulary, (2, PROBE_TOKENS), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        logits = model(input_ids=ids.to(model.device)).logits.float().cpu()
    save_file({"input_ids": ids, "logits": logits.contiguous()}, folder / "expected.safetensors")
    model.save_pretrained(folder / "merged")
    tokenizer.save_pretrained(folder / "merged")
    del model
    if spec.adapters:
        export_adapter(workspace, spec, folder / "adapter")
        parts.append("adapter")
        source = Path(base_source(spec))
        if source.is_dir():
            _copy_base(source, folder / "base")
            parts.append("base")
    return parts


def _copy_base(source: Path, target: Path) -> None:
    """The base's own files that make it load; nothing hidden, nothing pickled."""
    target.mkdir()
    for path in sorted(source.iterdir()):
        if path.is_file() and path.suffix in {".json", ".safetensors", ".model", ".txt", ".jinja", ".md"}:
            shutil.copyfile(path, target / path.name)

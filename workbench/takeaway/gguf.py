"""GGUF for llama.cpp and Ollama, by llama.cpp's own converter where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

CONVERTER = "convert_hf_to_gguf.py"
FOLDER_VARIABLE = "LLAMA_CPP_DIR"
CONVERT_SECONDS = 1800
HOW = (
    f"no GGUF file: llama.cpp's converter ({CONVERTER}) is not installed; put it on the PATH or name llama.cpp's "
    f"folder with {FOLDER_VARIABLE}, and install its Python package gguf"
)


def find_converter() -> Path | None:
    """llama.cpp's converter: in the folder that ``LLAMA_CPP_DIR`` names, else on the PATH."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named and (Path(named) / CONVERTER).is_file():
        return Path(named) / CONVERTER
    found = shutil.which(CONVERTER)
    return Path(found) if found else None


def write_gguf(package: Path, tokenizer: Any, converter: Path | None = None) -> str | None:
    """Convert ``package/merged`` to ``package/MODEL.gguf`` (16 bit) and write a Modelfile for Ollama.

    Returns why it could not be done, None where it was: a model may well be of a kind that llama.cpp does not know.
    """
    converter = converter or find_converter()
    if converter is None:
        return HOW
    target = package / "model.gguf"
    command = [sys.executable, str(converter), str(package / "merged"), "--outfile", str(target), "--outtype", "f16"]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=CONVERT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no GGUF file: the converter did not finish ({type(error).__name__})"
    if ended.returncode or not target.is_file():
        target.unlink(missing_ok=True)
        last = (ended.stderr or ended.stdout).strip().splitlines()[-1:] or ["no reason given"]
        return f"no GGUF file: llama.cpp's converter refused: {last[0]}"
    (package / "Modelfile").write_text(modelfile(target.name, tokenizer), encoding="utf-8")
    return None


def modelfile(weights: str, tokenizer: Any) -> str:
    """Ollama's Modelfile: the weights, the chat template in Go's syntax, and where an answer ends.

    Ollama cannot read Jinja templates. The template is found by rendering one turn and cutting it where the texts are,
    so it holds for templates that treat every turn alike; for others Ollama takes the one inside the GGUF file.
    """
    lines = [f"FROM ./{weights}"]
    template = go_template(tokenizer)
    if template is not None:
        lines.append(f'TEMPLATE """{template}"""')
    if tokenizer.eos_token:
        lines.append(f'PARAMETER stop "{tokenizer.eos_token}"')
    lines.append("PARAMETER temperature 0")
    return "\n".join(lines) + "\n"


def go_template(tokenizer: Any) -> str | None:
    """The chat template of one user turn in Go's syntax; None where the texts cannot be told apart in it."""
    mark = "4f1c2a9e"  # no template contains it
    rendered = tokenizer.apply_chat_template(
        [{"role": "user", "content": mark}], tokenize=False, add_generation_prompt=True
    )
    if rendered.count(mark) != 1 or "{{" in rendered or '"""' in rendered:
        return None
    return str(rendered.replace(mark, "{{ .Prompt }}")) + "{{ .Response }}"

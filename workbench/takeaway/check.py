"""Loads what lies beside this file with plain transformers and peft, and compares the logits with those recorded.

Run it in its folder: ``python check.py``. It needs torch, transformers, safetensors, and peft for the adapter.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

TOLERANCE = 2e-3
"""float32 logits after merging differ from those before by rounding only; an adapter that is missing moves them by 0.1
and more."""


def furthest(model: Any, expected: dict[str, torch.Tensor]) -> float:
    """The largest difference of any logit."""
    model.eval()
    with torch.inference_mode():
        logits = model(input_ids=expected["input_ids"]).logits.float()
    return float((logits - expected["logits"]).abs().max())


def load(source: str) -> Any:
    """A plain causal language model in float32."""
    return AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32)


def main(folder: Path) -> int:
    """Check every folder that is there; 0 where all is well."""
    expected = load_file(folder / "expected.safetensors")
    differences = {"merged": furthest(load(str(folder / "merged")), expected)}
    AutoTokenizer.from_pretrained(str(folder / "merged"))
    if (folder / "adapter").is_dir():
        from peft import PeftModel

        stated = json.loads((folder / "adapter" / "adapter_config.json").read_text())["base_model_name_or_path"]
        base = load(str(folder / "base") if (folder / "base").is_dir() else stated)
        differences["adapter"] = furthest(PeftModel.from_pretrained(base, str(folder / "adapter")), expected)
    wrong = {name: value for name, value in differences.items() if not value <= TOLERANCE}
    for name, value in differences.items():
        print(f"{name}: logits differ by at most {value:.1e}{' - not the same model' if name in wrong else ''}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent))

"""In which precision matrix products are done."""

from __future__ import annotations

import torch


def chosen_precision(setting: str, device: torch.device) -> torch.dtype:
    """The precision of matrix products: bfloat16 on a CUDA GPU that has it, float32 elsewhere, unless told."""
    if setting == "auto":
        has = device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if has else torch.float32
    return torch.bfloat16 if setting == "bfloat16" else torch.float32

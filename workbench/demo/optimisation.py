"""How the base model is optimised: which optimiser trains what, and how the rate runs."""

from __future__ import annotations

import math
from typing import Any


def rate_factor(progress: float, warmup: float) -> float:
    """Linear warm-up, then a cosine down to 2% of the peak; `progress` runs from 0 to 1."""
    if progress < warmup:
        return max(progress, 1e-4) / warmup
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - warmup) / (1 - warmup))))


def new_optimizers(model: Any, *, matrix_rate: float, other_rate: float, weight_decay: float) -> list[Any]:
    """Muon for the matrices between embeddings and output, AdamW for everything else.

    Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks") reaches a loss in fewer tokens,
    and tokens are what a CPU has few of. Each group remembers its peak rate.
    """
    import torch

    matrices = [p for name, p in model.named_parameters() if p.dim() == 2 and "embed_tokens" not in name]
    taken = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in taken]
    optimizers = [
        torch.optim.Muon(
            matrices,
            lr=matrix_rate,
            weight_decay=weight_decay,
            adjust_lr_fn="match_rms_adamw",
        ),
        torch.optim.AdamW(rest, lr=other_rate, betas=(0.9, 0.97), eps=1e-8, weight_decay=0.0),
    ]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return optimizers

"""Settings that every run on a Hugging Face Trainer shares: schedule, precision, device, what is logged and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def trainer_arguments(
    output: Path,
    *,
    rows: int,
    has_validation: bool,
    epochs: float,
    batch_size: int,
    learning_rate: float,
    warmup_ratio: float,
    seed: int,
    micro_batch_size: int | None = None,
    gradient_checkpointing: bool = False,
) -> dict[str, Any]:
    """Keyword arguments for any subclass of ``TrainingArguments``.

    Args:
        output: folder of the checkpoints.
        rows: training rows, from which the number of steps follows.
        epochs, batch_size, learning_rate: of the training; evaluation batches hold at least 32 rows.
        warmup_ratio: share of the steps in which the rate rises; a cosine takes it down again.
        micro_batch_size: rows computed at once, a divisor of the batch size; all of the batch where None.
        gradient_checkpointing: compute activations twice instead of keeping them.
    """
    import torch

    at_once = micro_batch_size or batch_size
    steps = max(1, round(epochs * -(-rows // batch_size)))
    return {
        "output_dir": str(output),
        "num_train_epochs": epochs,
        "per_device_train_batch_size": at_once,
        "gradient_accumulation_steps": batch_size // at_once,
        "per_device_eval_batch_size": max(at_once, 32) if micro_batch_size is None else at_once,
        "learning_rate": learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": round(warmup_ratio * steps),
        "weight_decay": 0.0,
        "logging_steps": max(1, steps // 100),
        "eval_strategy": "steps" if has_validation else "no",
        "eval_steps": max(1, steps // 8),
        "save_strategy": "steps",
        "save_steps": max(1, steps // 5),
        "save_total_limit": 2,
        "gradient_checkpointing": gradient_checkpointing,
        "bf16": torch.cuda.is_available() and torch.cuda.is_bf16_supported(),
        "use_cpu": not torch.cuda.is_available(),
        "dataloader_pin_memory": torch.cuda.is_available(),
        "report_to": "none",
        "disable_tqdm": True,
        "seed": seed,
        "data_seed": seed,
    }

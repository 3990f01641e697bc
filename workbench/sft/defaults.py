"""Settings that suit a model of a given size; starting points, to be judged by the validation loss.

The embedded model's settings were measured (docs/experiments.md). Those of larger ones follow common practice: LoRA on
all linear layers with a rate about ten times that of full fine-tuning (Dettmers et al. 2023; Biderman et al. 2024), a
lower rate and fewer passes for larger models, the best checkpoint given out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.models.facts import ModelFacts
from workbench.sft.config import Method, SFTConfig

TINY = 20_000_000
"""Parameters below which a model is like the embedded one."""

_LARGER: dict[str, Any] = {
    "reword_prompts": False,  # measured with the embedded model alone
    "lora_rank": 32,
    "lora_alpha": 64,
    "lora_targets": "all-linear",
    "lora_dropout": 0.05,
    "early_stopping": 3,
    "publish": "best",
    "max_length": 1024,
    "max_new_tokens": 128,
}
_BY_SIZE: tuple[tuple[float, dict[str, Any], float], ...] = (
    (1e9, {"learning_rate": 5e-4, "epochs": 6.0}, 5e-5),
    (1e10, {"learning_rate": 2e-4, "epochs": 4.0}, 2e-5),
    (float("inf"), {"learning_rate": 1e-4, "epochs": 3.0, "gradient_checkpointing": True}, 1e-5),
)
"""Parameters below which these hold, the settings of LoRA, the rate of full fine-tuning."""


def suggested(facts: ModelFacts, method: Method = "lora") -> dict[str, Any]:
    """All settings of a run of this method that differ from the class's defaults."""
    if facts.parameters < TINY:
        return {"learning_rate": 1e-3} if method == "full" else {}
    for limit, settings, full_rate in _BY_SIZE:
        if facts.parameters < limit:
            values = _LARGER | settings | ({"learning_rate": full_rate} if method == "full" else {})
            break
    if facts.context is not None:
        values["max_length"] = min(values["max_length"], max(facts.context, 16))
    return values


def with_suggestions(values: Mapping[str, Any], facts: ModelFacts) -> dict[str, Any]:
    """What a person set, and for the rest what suits the model."""
    method = values.get("method", SFTConfig.model_fields["method"].default)
    return suggested(facts, method) | dict(values)

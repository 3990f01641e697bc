"""Before an SFT run is launched: its preflight and its first batch, from what the workspace holds.

Not in `workbench.sft`, which knows nothing of the database.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from workbench.models.facts import ModelFacts
from workbench.models.machine import this_machine
from workbench.models.spec import ModelSpec
from workbench.sft.config import SFTConfig
from workbench.sft.preflight import DataShape, Preflight, data_shape, preflight
from workbench.sft.rewording import reworded

if TYPE_CHECKING:
    from workbench.workspace import Workspace

PREVIEWED = 4


def outlook(ws: Workspace, facts: ModelFacts, config: SFTConfig) -> Preflight:
    """Memory, time and disk of a run on the workspace's approved demonstrations and this machine."""
    return preflight(
        facts, config, shape_of_data(ws, facts), this_machine(ws.root), _earlier_speed(ws, facts.base, config.method)
    )


def shape_of_data(ws: Workspace, facts: ModelFacts) -> DataShape:
    """The size of the approved demonstrations in the model's own tokens, where its tokenizer is here."""
    rows = [(row.prompt, row.response, row.split) for row in ws.demonstrations.list(status="approved")]
    return data_shape(rows, ModelSpec(base=facts.base, revision=facts.revision))


def first_batch(ws: Workspace, seed: int, reword: bool = False, number: int = PREVIEWED) -> list[tuple[str, str]]:
    """Training demonstrations as they may come first; the order in training follows from the seed, as does this.

    Args:
        reword: every second one with its prompt reworded, as a run reads them.
    """
    rows = sorted((row.prompt, row.response) for row in ws.demonstrations.list(status="approved", split="train"))
    chance = random.Random(seed)
    chosen = chance.sample(rows, min(number, len(rows)))
    return [
        (reworded(prompt, chance) if reword and position % 2 else prompt, response)
        for position, (prompt, response) in enumerate(chosen)
    ]


def _earlier_speed(ws: Workspace, base: str, method: str) -> float | None:
    """Tokens a second of the newest finished run on the same base by the same method."""
    for run in ws.runs.list(kind="sft"):
        if run.status != "finished" or run.config.get("method", "lora") != method:
            continue
        model = ws.models.find(run.id)
        if model is None or ModelSpec.model_validate(model.spec).base != base:
            continue
        speed = ws.metrics.series(run.id, ["train/tokens_per_second"])["value"]
        if len(speed):
            return float(speed.median())
    return None

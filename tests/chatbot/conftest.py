"""A generator that answers at once, and a workspace with a base, an SFT and a PPO model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from storage.models import Model
from workbench.models.generator import Pane, Written
from workbench.models.spec import ModelSpec
from workbench.workspace import Workspace


class StubGenerator:
    """Says 'N.SEED: PROMPT', N being 0 for a base, 1 for an SFT and 2 for any later model; scores by length.

    Word by word, turn and turn about.
    """

    def __init__(self) -> None:
        self.asked: list[Pane] = []
        self.stopped = False
        self.broken_adapters = False

    def stream(self, panes: Sequence[Pane]) -> Iterator[Written]:
        self.asked += panes
        try:
            for place, pane in enumerate(panes):
                yield Written(place, weights="same" if self.broken_adapters else f"w{_stage(pane.spec)}")
            for place, pane in enumerate(panes):
                text = f"{_stage(pane.spec)}.{pane.sampling.seed}: {pane.messages[-1]['content']}"
                yield Written(place, text[:4], 1)
                yield Written(place, text, 2, seconds=0.1, done=True)
        except GeneratorExit:
            self.stopped = True
            raise

    def score(self, spec: ModelSpec, prompts: Sequence[str], responses: Sequence[str]) -> list[float]:
        assert spec.adapters[-1].endswith("reward_model-001/final/adapter")
        return [float(len(text)) for text in responses]


def _stage(spec: ModelSpec) -> int:
    if not spec.adapters:
        return 0
    return 1 if "sft" in spec.adapters[-1] else 2


@pytest.fixture
def generator() -> Any:
    return StubGenerator()


def add_model(ws: Workspace, model_id: str, kind: Any, parent: str, *adapters: str) -> None:
    spec = ModelSpec(adapters=adapters).model_dump(mode="json")
    ws.models.add(Model(model_id, model_id, kind, spec, None, parent, datetime.now(UTC)))


@pytest.fixture
def models(workspace: Workspace) -> Workspace:
    add_model(workspace, "sft-001", "sft", "base", "runs/sft-001/final")
    add_model(workspace, "ppo-001", "ppo", "sft-001", "runs/sft-001/final", "runs/ppo-001/final/policy")
    reward = ("runs/sft-001/final", "runs/reward_model-001/final/adapter")
    add_model(workspace, "reward_model-001", "reward_model", "sft-001", *reward)
    return workspace

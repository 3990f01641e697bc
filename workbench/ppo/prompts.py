"""The order in which prompts are drawn: every prompt once before any comes again, resumable."""

from __future__ import annotations

from typing import Any

import torch


class PromptOrder:
    """An endless sequence of shuffled passes over ``count`` prompts."""

    def __init__(self, count: int, seed: int) -> None:
        if count < 1:
            raise ValueError("PPO needs at least one prompt.")
        self._count = count
        self._generator = torch.Generator().manual_seed(seed + 1)
        self._waiting: list[int] = []

    def take(self, count: int) -> list[int]:
        """The next ``count`` prompt indices."""
        while len(self._waiting) < count:
            self._waiting += torch.randperm(self._count, generator=self._generator).tolist()
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    def state(self) -> dict[str, Any]:
        """What ``restore`` needs to go on with the same sequence."""
        return {"generator": self._generator.get_state(), "waiting": self._waiting}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where ``state`` was taken."""
        self._generator.set_state(state["generator"])
        self._waiting = list(state["waiting"])

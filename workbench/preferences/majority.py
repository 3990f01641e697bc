"""What the votes on one pair say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Choice = Literal["a", "b", "tie"]


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes on one pair, by choice; ``settled`` is what the team agreed on afterwards, which then decides."""

    a: int
    b: int
    tie: int
    settled: Choice | None = None

    @property
    def votes(self) -> int:
        """All votes, ties included."""
        return self.a + self.b + self.tie

    @property
    def majority(self) -> Choice:
        """What was settled, else the choice with more votes than each other one; 'tie' where there is none."""
        if self.settled is not None:
            return self.settled
        if self.a > self.b and self.a > self.tie:
            return "a"
        if self.b > self.a and self.b > self.tie:
            return "b"
        return "tie"

    @property
    def margin(self) -> float:
        """How clear the outcome is: |votes for A − votes for B| / votes, from 0 (even) to 1 (unanimous)."""
        return abs(self.a - self.b) / self.votes if self.votes else 0.0


def tally(choices: Iterable[Choice], settled: Choice | None = None) -> Tally:
    """Counts the choices of one pair's votes."""
    counts = Counter(choices)
    return Tally(counts["a"], counts["b"], counts["tie"], settled)

"""From votes to the rows that a reward model learns from: stated rules, applied to what was frozen at the launch.

Nothing but prompts, responses and votes goes into a row. Tags and human answers are there for measuring.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.preferences.majority import Choice, Tally, tally
from workbench.reward_model.config import RewardModelConfig

FILE = "votes.parquet"


@dataclass(frozen=True, slots=True)
class VotedPair:
    """A pair with all votes of one source that count; the tuples have one entry for each vote."""

    pair_id: str
    prompt: str
    response_a: str
    response_b: str
    split: str
    tags: tuple[str, ...]
    reference: str | None
    """The human answer to the prompt, where there is one."""
    settled: Choice | None
    """What the team agreed on afterwards, which then decides."""
    annotators: tuple[str, ...]
    choices: tuple[Choice, ...]
    much: tuple[bool, ...]
    """Whether the vote said 'much better'."""

    @property
    def tally(self) -> Tally:
        """The votes by choice."""
        return tally(self.choices, self.settled)

    def in_order(self, better: Choice) -> tuple[str, str]:
        """(better, worse) responses; for a tie as they stand."""
        return (self.response_b, self.response_a) if better == "b" else (self.response_a, self.response_b)


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    """One row of training: P(chosen preferred) = sigmoid(score difference), which should exceed ``margin``."""

    prompt: str
    chosen: str
    rejected: str
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class DecidedPair:
    """A pair with a majority, as it is measured on."""

    prompt: str
    chosen: str
    rejected: str
    pair: VotedPair


def both_sides(pairs: Sequence[DecidedPair]) -> tuple[list[str], list[str]]:
    """Prompts and responses to score: all chosen responses, then all rejected ones."""
    prompts = [pair.prompt for pair in pairs]
    return prompts * 2, [pair.chosen for pair in pairs] + [pair.rejected for pair in pairs]


def differences(values: Sequence[float]) -> list[float]:
    """What `both_sides` gave rise to, as chosen − rejected for each pair."""
    half = len(values) // 2
    return [a - b for a, b in zip(values[:half], values[half:], strict=True)]


def read_votes(data: Path) -> list[VotedPair]:
    """The voted pairs frozen into a run's folder ``data``."""
    import pyarrow.parquet as pq

    rows = pq.read_table(data / FILE).to_pylist()
    lists = ("tags", "annotators", "choices", "much")
    return [VotedPair(**{**row, **{name: tuple(row[name]) for name in lists}}) for row in rows]


def decided(pairs: Iterable[VotedPair], split: str | None = None) -> list[DecidedPair]:
    """The pairs of a split that have a majority and two different responses, by the majority rule."""
    found = []
    for pair in pairs:
        majority = pair.tally.majority
        if split in (None, pair.split) and majority != "tie" and pair.response_a != pair.response_b:
            found.append(DecidedPair(pair.prompt, *pair.in_order(majority), pair))
    return found


def training_rows(pairs: Sequence[VotedPair], config: RewardModelConfig, split: str = "train") -> list[PreferenceRow]:
    """Rows of one split by the run's rules (``per``, ``ties``, ``margin``); pairs of two equal texts teach nothing."""
    rows: list[PreferenceRow] = []
    for pair in pairs:
        if pair.split != split or pair.response_a == pair.response_b:
            continue
        if config.per == "pair" or pair.settled is not None:
            rows += _rows(pair, pair.tally.majority, _margin(pair, config), config.ties)
        else:
            for choice, much in zip(pair.choices, pair.much, strict=True):
                own = _margin(pair, config) if config.margin != "strength" else config.margin_size * much
                rows += _rows(pair, choice, own, config.ties)
    return rows


def _rows(
    pair: VotedPair, better: Choice, margin: float, ties: Literal["leave_out", "both_ways"]
) -> list[PreferenceRow]:
    chosen, rejected = pair.in_order(better)
    if better != "tie":
        return [PreferenceRow(pair.prompt, chosen, rejected, margin)]
    if ties == "leave_out":
        return []
    # −½ log σ(d) − ½ log σ(−d) is least at d = 0: a tie says that the scores should be equal.
    return [PreferenceRow(pair.prompt, chosen, rejected), PreferenceRow(pair.prompt, rejected, chosen)]


def _margin(pair: VotedPair, config: RewardModelConfig) -> float:
    if config.margin == "none" or not pair.choices:
        return 0.0
    if config.margin == "agreement":
        return config.margin_size * pair.tally.margin
    majority = pair.tally.majority
    said = sum(much for choice, much in zip(pair.choices, pair.much, strict=True) if choice == majority)
    return config.margin_size * said / len(pair.choices)

"""How often the audit finds biases that were planted, and how often it accuses somebody in whom none was.

A team of six votes on the same pairs, five of them careful and one biased. Votes come from a model of their own: a pair
has a true difference in quality, everybody sees it with noise, and small differences are ties.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from storage.pairs import Side
from storage.votes import Choice, Vote
from workbench.preferences.audit import VotedPair, audit_votes
from workbench.preferences.audit_words import findings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEAM = 6
SIDES: tuple[Side, ...] = ("a", "b")
GUESSES: tuple[Choice, ...] = ("a", "b", "a", "b", "tie")
NOISE, TIE_WIDTH = 0.5, 0.4


@dataclass(frozen=True)
class Habit:
    """How one annotator departs from careful voting."""

    left: float = 0.0
    longer: float = 0.0
    tie_width: float = TIE_WIDTH
    guesses: float = 0.0
    seconds_per_word: float = 0.25


PLANTED: dict[str, tuple[Habit, str]] = {
    "left side": (Habit(left=0.8), "left"),
    "longer response": (Habit(longer=2.0), "longer"),
    "longer response, a little": (Habit(longer=1.0), "longer"),
    "ties": (Habit(tie_width=1.2), "ties"),
    "guessing": (Habit(guesses=1.0), "agreement"),
    "half guessing": (Habit(guesses=0.5), "agreement"),
    "not reading": (Habit(seconds_per_word=0.02), "unread"),
    "guessing, on repeats": (Habit(guesses=1.0), "consistency"),
}
"""Name -> (habit, the measure that must stand out)."""


def simulate(seed: int, biased: Habit, pairs: int, repeats: int) -> tuple[list[Vote], dict[str, VotedPair]]:
    """Votes of a team whose first member has the habit."""
    dice = random.Random(seed)
    team = [biased, *[Habit()] * (TEAM - 1)]
    votes, texts = [], {}
    for number in range(pairs):
        quality = dice.gauss(0, 1)
        words = dice.randint(10, 60), dice.randint(10, 60)
        texts[f"p{number}"] = VotedPair(12 + sum(words), *words)
        length = (words[0] - words[1]) / 50
        for person, habit in enumerate(team):
            vote = _vote(f"p{number}", f"person {person}", quality + 0.3 * length, length, habit, dice)
            timed = replace(vote, seconds=habit.seconds_per_word * texts[f"p{number}"].words * dice.uniform(0.5, 2))
            votes.append(timed)
            if number < repeats:
                left: Side = "b" if vote.left == "a" else "a"
                again = _vote(f"p{number}", f"person {person}", quality + 0.3 * length, length, habit, dice, left)
                votes.append(replace(again, occasion=1))
    return votes, texts


def _vote(
    pair: str, person: str, quality: float, length: float, habit: Habit, dice: random.Random, shown: Side | None = None
) -> Vote:
    left = dice.choice(SIDES) if shown is None else shown
    uniform = min(max(dice.random(), 1e-9), 1 - 1e-9)
    seen = quality + NOISE * math.log(uniform / (1 - uniform))
    seen += habit.left * (1 if left == "a" else -1) + habit.longer * length
    choice: Choice = "tie" if abs(seen) < habit.tie_width else "a" if seen > 0 else "b"
    if dice.random() < habit.guesses:
        choice = dice.choice(GUESSES)
    return Vote(f"{dice.getrandbits(64):x}", pair, person, choice, left, False, None, NOW)


def rates(seeds: Sequence[int], pairs: int, repeats: int) -> dict[str, float]:
    """Detection rate of each planted habit, and the share of careful annotators about whom something is said."""
    found: dict[str, float] = {}
    accused = Counter[str]()
    careful = 0
    for number, (name, (habit, measure)) in enumerate(PLANTED.items()):
        hits = 0
        for seed in seeds:
            # A seed of its own for each: the same careful annotators must not be counted again and again.
            for row in audit_votes(*simulate(1000 * number + seed, habit, pairs, repeats)):
                names = [finding for finding, _ in findings(row)]
                if row.annotator == "person 0":
                    hits += measure in names
                else:
                    careful += 1
                    accused.update(list[str](names) or ["none"])
        found[f"found: {name}"] = hits / len(seeds)
    false_alarms = sum(count for name, count in accused.items() if name != "none")
    return found | {
        "false alarms per careful annotator": false_alarms / careful,
        **{f"false alarms: {name}": count / careful for name, count in sorted(accused.items()) if name != "none"},
    }


def main() -> None:
    """Print the rates as JSON, for a small and a large number of votes each."""
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
    for pairs, repeats in ((100, 10), (200, 20), (400, 40)):
        print(json.dumps({"benchmark": "annotator_audit", "votes_each": pairs, "repeats_each": repeats}
                         | {"seeds": len(seeds)} | rates(seeds, pairs, repeats)))  # fmt: skip


if __name__ == "__main__":
    main()

"""What the simulated annotators care about: helpful, precise, polite, brief.

Hidden means that nothing that learns may read it: it reaches the reward model and PPO through votes alone (a test
enforces that their packages cannot import this one). The report uses it to judge PPO by the true measure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.evaluation.facts import states_only_these_facts

_COURTESIES = re.compile(
    r"\b(?:please|thank(?:s| you)|welcome|happy to|glad to|hope (?:this|that|it) helps|of course|certainly|gladly"
    r"|with pleasure|my pleasure|let me know|feel free|good question|any ?time|sure thing|no problem|hello|hi)\b",
    re.IGNORECASE,
)
FREE_WORDS = 14
"""So many words cost nothing: about one sentence."""


@dataclass(frozen=True, slots=True)
class Case:
    """A prompt with what a right answer to it states."""

    prompt: str
    reference: str
    key_facts: tuple[str, ...] | None
    known_values: frozenset[str]
    """Key facts of all demonstrations, by which a wrong one is recognised."""


@dataclass(frozen=True, slots=True)
class Qualities:
    """What an annotator sees in one response."""

    helpful: float
    """1 where the answer states the right facts and no other; without key facts, likeness to the human answer."""
    polite: float
    """1 where it holds a courtesy."""
    surplus_words: float
    """Words beyond a sentence's worth."""
    repetition: float
    """Share of word trigrams that occurred before in the same response."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each quality counts; the team's common rule, from which each annotator deviates."""

    helpful: float = 2.5
    polite: float = 1.2
    surplus_word: float = 0.06
    repetition: float = 3.0


def qualities(response: str, case: Case) -> Qualities:
    """What an annotator would notice about a response."""
    words = response.split()
    return Qualities(
        helpful=_helpful(response, case),
        polite=1.0 if _COURTESIES.search(response) else 0.0,
        surplus_words=float(max(0, len(words) - FREE_WORDS)),
        repetition=_repetition(words),
    )


def utility(seen: Qualities, weights: Weights) -> float:
    """How good a response is in the eyes of somebody with these weights."""
    return (
        weights.helpful * seen.helpful
        + weights.polite * seen.polite
        - weights.surplus_word * seen.surplus_words
        - weights.repetition * seen.repetition
    )


def prefers(first: str, second: str, case: Case) -> float:
    """1 where the common rule prefers the first response, 0 the second, 0.5 where it sees no difference."""
    weights = Weights()
    difference = utility(qualities(first, case), weights) - utility(qualities(second, case), weights)
    if abs(difference) < 1e-9:
        return 0.5
    return 1.0 if difference > 0 else 0.0


def _helpful(response: str, case: Case) -> float:
    if not response.strip():
        return 0.0
    if not case.key_facts:
        from workbench.evaluation.embedding import embedding_similarity

        return max(0.0, float(embedding_similarity([response], [case.reference])[0]))
    allowed = f"{case.prompt}\n{case.reference}"
    return float(states_only_these_facts(response, case.key_facts, case.known_values, allowed))


def _repetition(words: Sequence[str]) -> float:
    trigrams = [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
    return 1 - len(set(trigrams)) / len(trigrams) if trigrams else 0.0

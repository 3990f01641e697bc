"""Bias probes: human answers changed in one respect each, to see what the score makes of it.

Each is built from the demonstrations, so the prompt is real, the original is good, and what was changed is known.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from workbench.reward_model.changed_values import value_shape
from workbench.runs.frozen_data import FrozenDemonstration

ProbeName = Literal[
    "length", "filler", "politeness", "repetition", "hedging", "copied_question", "question_alone", "wrong_fact",
    "terse", "empty", "other_answer",
]  # fmt: skip
PROBES: tuple[ProbeName, ...] = get_args(ProbeName)
MOST_PROMPTS = 60

NEUTRAL = (
    "That is how it is at present.",
    "It applies to everybody in the same way.",
    "This has been the case for some time now.",
    "There is nothing further to add on this point.",
)
"""Sentences that make an answer longer and say nothing; the length probe adds one to four of them."""
FILLER = "Well, as you may or may not be aware, and to be perfectly honest about it, "
POLITE = "Thank you for asking! {} I am happy to help with anything else."
HEDGE = "I am not entirely sure, but I think that perhaps "
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Probe:
    """A human answer and the same with one change. ``words`` is how much longer it became."""

    name: ProbeName
    prompt: str
    original: str
    changed: str
    words: int


def build_probes(rows: Sequence[FrozenDemonstration]) -> list[Probe]:
    """The probes of at most sixty held-out demonstrations; of training ones where none is held out."""
    held_out = [row for row in rows if row.split == "test"] or list(rows)
    chosen = sorted(held_out, key=lambda row: hashlib.sha256(f"{row.prompt}\x1f{row.response}".encode()).hexdigest())
    probes = []
    for row in chosen[:MOST_PROMPTS]:
        for name, changed in _variants(row, rows):
            if changed != row.response:
                longer = len(changed.split()) - len(row.response.split())
                probes.append(Probe(name, row.prompt, row.response, changed, longer))
    return probes


def _variants(row: FrozenDemonstration, rows: Sequence[FrozenDemonstration]) -> list[tuple[ProbeName, str]]:
    answer = row.response.strip()
    variants: list[tuple[ProbeName, str]] = [
        ("length", " ".join((answer, *NEUTRAL[:count]))) for count in range(1, len(NEUTRAL) + 1)
    ]
    variants += [
        ("filler", FILLER + _lowered(answer)),
        ("politeness", POLITE.format(answer)),
        ("repetition", f"{answer} {answer} {answer}"),
        ("hedging", HEDGE + _lowered(answer)),
        ("copied_question", f"{row.prompt} {answer}"),
        ("question_alone", row.prompt),
        ("empty", ""),
    ]
    other = _other(row, rows)
    if other is not None:
        variants.append(("other_answer", other.response))
    wrong = wrong_fact(row, rows)
    if wrong is not None:
        variants.append(("wrong_fact", wrong))
    if row.key_facts:
        variants.append(("terse", ", ".join(row.key_facts)))
    return variants


def wrong_fact(row: FrozenDemonstration, rows: Sequence[FrozenDemonstration]) -> str | None:
    """The answer with a key fact replaced by that of a like question, its words otherwise unchanged.

    Where the data does not say what the facts are, its first number becomes another. None where neither can be done.
    """
    for fact in row.key_facts or ():
        if fact in row.response:
            for other in _alike(row, rows):
                for value in other.key_facts or ():
                    if value_shape(value) == value_shape(fact) and value != fact and value not in row.response:
                        return row.response.replace(fact, value)
    if row.key_facts is None and (found := _NUMBER.search(row.response)):
        return _NUMBER.sub(str(int(found[0]) + 3), row.response, count=1)
    return None


def _alike(row: FrozenDemonstration, rows: Sequence[FrozenDemonstration]) -> list[FrozenDemonstration]:
    """Demonstrations of other facts, those that share most tags first, in an order that does not depend on theirs."""
    own = set(row.tags)
    others = [other for other in rows if other.key_facts and other.key_facts != row.key_facts]
    return sorted(
        others,
        key=lambda other: (-len(own & set(other.tags)), hashlib.sha256((row.prompt + other.id).encode()).digest()),
    )


def _other(row: FrozenDemonstration, rows: Sequence[FrozenDemonstration]) -> FrozenDemonstration | None:
    """A demonstration that answers something else."""
    others = [
        other
        for other in rows
        if other.response != row.response and (row.fact_id is None or other.fact_id != row.fact_id)
    ]
    return min(others, key=lambda other: hashlib.sha256((row.prompt + other.id).encode()).digest(), default=None)


def _lowered(text: str) -> str:
    """The text as it goes on within a sentence; names and abbreviations keep their capital."""
    first = text.split(" ", 1)[0]
    return text if first[1:] != first[1:].lower() or first == "I" else text[:1].lower() + text[1:]

"""A relation: one kind of fact, the ways people ask for it and the ways it is answered."""

import re
from dataclasses import dataclass
from random import Random

from workbench.demo.corpus.words import SLOTS

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Relation:
    """Templates of one kind of fact.

    `questions` hold only the slots that identify the fact; `answers` (sentences) and `shorts` (fragments)
    also hold the slots that are its value.
    """

    name: str
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    shorts: tuple[str, ...]

    @property
    def subject_slots(self) -> tuple[str, ...]:
        """Slots that appear in the questions, sorted."""
        return tuple(sorted({slot for question in self.questions for slot in _SLOT.findall(question)}))

    @property
    def slots(self) -> tuple[str, ...]:
        """Every slot of the relation, sorted."""
        texts = (*self.questions, *self.answers, *self.shorts)
        return tuple(sorted({slot for text in texts for slot in _SLOT.findall(text)}))


@dataclass(frozen=True)
class Fact:
    """A relation with its slots filled."""

    relation: Relation
    values: dict[str, str]

    def question(self, rng: Random) -> str:
        """One wording of the question."""
        return fill(rng.choice(self.relation.questions), self.values)

    def questions(self, rng: Random, count: int) -> list[str]:
        """Several different wordings of the question."""
        wordings = rng.sample(self.relation.questions, min(count, len(self.relation.questions)))
        return [fill(wording, self.values) for wording in wordings]

    def answer(self, rng: Random) -> str:
        """One full-sentence answer."""
        return fill(rng.choice(self.relation.answers), self.values)

    def short(self, rng: Random) -> str:
        """One fragment that answers."""
        return fill(rng.choice(self.relation.shorts), self.values)


def fill(template: str, values: dict[str, str]) -> str:
    """The template with its slots replaced and its first letter raised."""
    text = _SLOT.sub(lambda match: values[match.group(1)], template)
    return text[0].upper() + text[1:]


def new_fact(relation: Relation, rng: Random) -> Fact:
    """A fact of this relation with freshly drawn slots."""
    return Fact(relation, {slot: SLOTS[slot](rng) for slot in relation.slots})


def relations_from(table: dict[str, tuple[str, str, str]]) -> tuple[Relation, ...]:
    """Relations from a table of name -> (questions, answers, shorts), one template per line."""

    def lines(block: str) -> tuple[str, ...]:
        return tuple(line.strip() for line in block.strip().splitlines() if line.strip())

    return tuple(Relation(name, lines(q), lines(a), lines(s)) for name, (q, a, s) in table.items())

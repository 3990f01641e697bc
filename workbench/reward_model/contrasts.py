"""Pairs that nobody has to vote on: the preferred answer to a question against one that is surely worse.

Two samples of one model for one prompt are mostly about the same thing and mostly well made, so votes on them hardly
say that an answer must fit its question, state the right values and say them once, and must be an answer at all. A
reward model trained on them alone likes a polite sentence about anything, and PPO finds that out. What is added holds
no opinion beyond "an answer to another question is worse, and so is one with another value in it, or said twice, or
the question sent back", and is made of voted prompts and responses only.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import cycle, islice

from workbench.reward_model.changed_values import ValuePool
from workbench.reward_model.votes import PreferenceRow

Worsen = Callable[[PreferenceRow], str | None]


def contrast_pairs(pairs: Sequence[PreferenceRow], per_pair: int, seed: int) -> list[PreferenceRow]:
    """``per_pair`` further pairs for each, the kinds in turn: its chosen response, and as rejected a worse one.

    Whatever is rejected comes from the same pairs, so that nothing crosses from one split into another. A pair that
    cannot be made is left out: no value in the text, or a draw of the same prompt or of an equal response.
    """
    generator = random.Random(seed)
    pool = ValuePool(pair.chosen for pair in pairs)

    def other_answer(pair: PreferenceRow) -> str | None:
        other = generator.choice(pairs)
        return other.chosen if other.prompt != pair.prompt else None

    def changed_value(pair: PreferenceRow) -> str | None:
        return pool.changed(pair.chosen, pair.prompt, generator)

    return list(_worse(pairs, per_pair, (other_answer, changed_value, said_twice, question_sent_back)))


def said_twice(pair: PreferenceRow) -> str:
    """The chosen response, repeated."""
    return f"{pair.chosen} {pair.chosen}"


def question_sent_back(pair: PreferenceRow) -> str:
    """The prompt in place of an answer."""
    return pair.prompt


def _worse(pairs: Sequence[PreferenceRow], per_pair: int, kinds: Sequence[Worsen]) -> Iterable[PreferenceRow]:
    turns = cycle(kinds)
    for pair in pairs:
        for worsen in islice(turns, per_pair):
            rejected = worsen(pair)
            if rejected is not None and rejected != pair.chosen:
                yield replace(pair, rejected=rejected, margin=0.0)

"""Pairs that nobody has to vote on: the preferred answer to a question against one to another question.

Two samples of one model for one prompt are mostly about the same thing, so votes on them hardly say that an answer must
fit its question. A reward model trained on them alone likes a polite sentence about anything, and PPO finds that out.
What is added holds no opinion beyond "an answer to another question is worse", and is made of voted responses only.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from workbench.reward_model.votes import PreferenceRow


def mismatched_pairs(pairs: Sequence[PreferenceRow], per_pair: int, seed: int) -> list[PreferenceRow]:
    """``per_pair`` further pairs for each: its chosen response, and as rejected one chosen for another prompt.

    Other prompts are drawn at random from the same pairs, so that no response crosses from one split into another. A
    draw of the same prompt or of an equal response is left out, not drawn again.
    """
    generator = random.Random(seed)
    drawn = ((pair, generator.choice(pairs)) for pair in pairs for _ in range(per_pair))
    return [
        replace(pair, rejected=other.chosen, margin=0.0)
        for pair, other in drawn
        if other.prompt != pair.prompt and other.chosen != pair.chosen
    ]

"""What each word of a response contributes to its score: the score with it minus the score without it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from workbench.reward_model.ensemble import RewardEnsemble

MOST_WORDS = 150
"""Each word takes a pass of its own."""
_WORD = re.compile(r"\S+\s*")


def scored_responses(
    model: RewardEnsemble, prompt: str, responses: Sequence[str], *, explain: bool
) -> list[dict[str, Any]]:
    """Score, members' disagreement, how likely people are to prefer the best response to this one, and, where
    ``explain``, each word's contribution; for each response in its order.
    """
    by_member = model.member_scores([prompt] * len(responses), responses)
    scores, spread = by_member.mean(axis=0), by_member.std(axis=0)
    return [
        {
            "score": float(scores[index]),
            "disagreement": float(spread[index]) if len(model.members) > 1 else None,
            "best_preferred": model.preference(float(scores.max()), float(scores[index])),
            "words": word_contributions(model, prompt, response) if explain else None,
        }
        for index, response in enumerate(responses)
    ]


def word_contributions(model: RewardEnsemble, prompt: str, response: str) -> list[tuple[str, float]]:
    """(word with the space after it, contribution) by leaving out one word at a time.

    Contributions need not add up to the score: words work together. Of a response with more than 150 words none.
    """
    words = _WORD.findall(response)
    if not 0 < len(words) <= MOST_WORDS:
        return []
    without = ["".join(words[:at] + words[at + 1 :]).strip() for at in range(len(words))]
    whole, *rest = model.score([prompt] * (len(words) + 1), [response, *without])
    return [(word, whole - score) for word, score in zip(words, rest, strict=True)]

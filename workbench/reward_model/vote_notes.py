"""What is unusual about the votes of a run, and what that means for its result, in whole sentences."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.votes import VotedPair, decided

MINIMUM_PAIRS = 4
"""Fewer decided pairs than this, in training or held out, give no reward model worth the name."""
FEW_TRAINING_PAIRS = 50
MANY_TIES = 0.4
MANY_SPLIT = 0.5


def cannot_train(pairs: Sequence[VotedPair]) -> str | None:
    """Why no reward model can come of these votes; None where one can."""
    train, held_out = len(decided(pairs, "train")), len(decided(pairs, "test"))
    if pairs and not decided(pairs):
        ties = sum(pair.tally.majority == "tie" for pair in pairs)
        if ties == len(pairs):
            return (
                f"All {len(pairs)} voted pairs are ties or evenly split, so the votes say nothing about which response "
                "is better. Vote on pairs whose responses differ, or let a third person decide."
            )
        return f"The {len(pairs)} voted pairs are of two equal texts or ties; vote on pairs whose responses differ."
    if train < MINIMUM_PAIRS or held_out < MINIMUM_PAIRS:
        return (
            f"The votes decide {train} pairs of training prompts and {held_out} of test prompts; at least "
            f"{MINIMUM_PAIRS} of each are needed. Vote on more pairs."
        )
    return None


def notes(pairs: Sequence[VotedPair], config: RewardModelConfig) -> list[str]:
    """One sentence for each thing that a person should know before believing the figures."""
    train = decided(pairs, "train")
    ties = sum(pair.tally.majority == "tie" for pair in pairs)
    split = sum(len(set(pair.choices) - {"tie"}) > 1 for pair in pairs)
    several = sum(len(pair.choices) > 1 for pair in pairs)
    people = {name for pair in pairs for name in pair.annotators}
    empty = sum(not (pair.response_a.strip() and pair.response_b.strip()) for pair in pairs)
    equal = sum(pair.response_a == pair.response_b for pair in pairs)
    found = []
    if len(train) < FEW_TRAINING_PAIRS:
        found.append(f"It learned from {len(train)} pairs only: expect it to be unsure and easily misled.")
    if ties > MANY_TIES * len(pairs):
        used = "left out" if config.ties == "leave_out" else "used as 'equally good'"
        found.append(f"{ties} of {len(pairs)} pairs are ties and were {used}: the responses may be too alike.")
    if len(people) == 1:
        found.append("One annotator cast all votes, so this is one person's taste.")
    if several and split > MANY_SPLIT * several:
        found.append(
            f"On {split} of {several} pairs with several votes people contradict each other: the majority is often "
            "chance, and no reward model can be right more often than the ceiling says."
        )
    if empty:
        found.append(f"{empty} pairs have an empty response: they teach that saying something is better than nothing.")
    if equal:
        found.append(f"{equal} pairs are of two equal texts and were left out.")
    return found

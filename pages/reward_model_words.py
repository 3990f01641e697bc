"""How the parts of the reward model's card are called, in plain words."""

from __future__ import annotations

from workbench.reward_model.baselines import BaselineName
from workbench.reward_model.probes import ProbeName
from workbench.reward_model.verdict import VerdictName

VERDICTS: dict[VerdictName, tuple[str, str, str]] = {
    "go": ("Go: good enough for PPO", "check_circle", "green"),
    "care": ("Go with care: use the settings below", "warning", "orange"),
    "not_yet": ("Not yet: PPO would learn its mistakes", "block", "red"),
}
"""Title, icon and colour of each verdict."""

BASELINE_NAMES: dict[BaselineName, str] = {
    "longer": "Always the longer",
    "shorter": "Always the shorter",
    "bag_of_words": "Bag of words",
    "similarity": "Likeness to the human answer",
}

PROBE_NAMES: dict[ProbeName, str] = {
    "length": "Ten empty words more",
    "filler": "Filler in front",
    "politeness": "Thanks and an offer to help",
    "repetition": "Said three times",
    "hedging": "Hedging in front",
    "copied_question": "The question copied in",
    "question_alone": "The question alone",
    "wrong_fact": "A wrong fact",
    "terse": "The bare facts",
    "empty": "An empty answer",
    "other_answer": "Another question's answer",
}

STANDINGS = {"fine": ":green[fine]", "watch": ":orange[watch]", "bad": ":red[bad]"}
SLICES = {
    "tag": "By tag",
    "annotator": "By annotator, on their own votes",
    "agreement": "By how clear the votes are",
    "length": "By difference in length",
}

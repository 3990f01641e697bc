"""What the measures add up to, in a sentence: did tuning help, and at what cost. Pure, loads nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Outcome = Literal["helped", "mixed", "no", "unsure"]
SIMILARITY_LOSS = 0.03
"""A fall of closeness to the human answers by this much is a loss, where its interval leaves out 0."""


def outcome_of(candidate: Mapping[str, Any]) -> Outcome:
    """Of one tuned candidate against the SFT model, from its paired differences.

    'helped': the score gain's interval lies above 0 and nothing else is surely lost; 'mixed': the score rose and
    closeness to the human answers or facts were lost; 'no': the gain's interval lies below 0; else 'unsure'.
    """
    gain = candidate.get("score_gain_ci")
    if gain is None or gain[0] <= 0 <= gain[1]:
        return "unsure"
    if gain[1] < 0:
        return "no"
    return "mixed" if losses(candidate) else "helped"


def losses(candidate: Mapping[str, Any]) -> list[str]:
    """What was surely lost, in words."""
    found = []
    similarity = candidate.get("similarity_change_ci")
    if similarity is not None and similarity[1] < 0 and candidate["similarity_change"] <= -SIMILARITY_LOSS:
        found.append(f"closeness to the human answers fell by {-candidate['similarity_change']:.2f}")
    facts = candidate.get("fact_change_ci")
    if facts is not None and facts[1] < 0:
        found.append(f"{-candidate['fact_change']:.0%} fewer answers have their facts right")
    return found


def best_candidate(contestants: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The tuned candidate to recommend: of those that helped the one with the highest score, else the mixed ones."""
    tuned = [row for row in contestants if row["role"] == "tuned"]
    for wanted in ("helped", "mixed", "unsure", "no"):
        among = [row for row in tuned if outcome_of(row) == wanted]
        if among:
            return max(among, key=lambda row: float(row["score"]))
    return None


def verdict_sentence(contestants: Sequence[Mapping[str, Any]]) -> str:
    """The verdict of the measures; people's blind votes come after it."""
    best = best_candidate(contestants)
    if best is None:
        return "There is no tuned model to judge."
    name, gain = best["label"], f"{best['score_gain']:+.2f} ({_bounds(best['score_gain_ci'])})"
    match outcome_of(best):
        case "helped":
            words = f"It helped by these measures: {name} scores {gain} against SFT, and nothing else was surely lost."
        case "mixed":
            words = f"A mixed result: {name} scores {gain} against SFT, but {' and '.join(losses(best))}."
        case "no":
            words = f"It did not help: even the best candidate, {name}, scores {gain} against SFT. Keep the SFT model."
        case _:
            words = (
                f"It did not visibly help: {name} scores {gain} against SFT, and that interval holds 0. "
                "Keep the SFT model unless people prefer the new one."
            )
    return words + _beside_best_of_n(best, contestants)


def _beside_best_of_n(best: Mapping[str, Any], contestants: Sequence[Mapping[str, Any]]) -> str:
    rival = next((row for row in contestants if row["role"] == "best_of_n"), None)
    if rival is None or outcome_of(best) not in ("helped", "mixed"):
        return ""
    if rival["score"] >= best["score"]:
        return f" {rival['label']} of the SFT model reaches {rival['score']:.2f} without any training."
    return f" {rival['label']} of the SFT model reaches {rival['score']:.2f}, {best['label']} {best['score']:.2f}."


def _bounds(interval: Sequence[float]) -> str:
    return f"{interval[0]:+.2f} to {interval[1]:+.2f}"

"""What stands out in an annotator's audit, said plainly."""

from __future__ import annotations

from collections.abc import Callable

from workbench.preferences.audit import AnnotatorAudit
from workbench.preferences.audit_rules import CHANCE_KAPPA, Measure, MeasureName, outstanding


def findings(audit: AnnotatorAudit) -> list[tuple[MeasureName, str]]:
    """(measure, sentence) for each that stands out; empty where nothing does."""
    found: list[tuple[MeasureName, str]] = []
    for name, measure in audit.measures.items():
        effect = outstanding(name, measure)
        if effect is not None:
            found.append((name, _SENTENCES[name](measure, effect)))
    return found


def _left(measure: Measure, effect: float) -> str:
    side, share = ("left", measure.value) if effect > 0 else ("right", 1 - measure.value)
    return f"Chooses the {side} response in {share:.0%} of {measure.n} decided votes; by lot it would be half."


def _longer(measure: Measure, effect: float) -> str:
    kind, own, others = "longer", measure.value, measure.others or 0.0
    if effect < 0:
        kind, own, others = "shorter", 1 - own, 1 - others
    return f"Prefers the {kind} response in {own:.0%} of decisions; the others do in {others:.0%} on the same pairs."


def _ties(measure: Measure, effect: float) -> str:
    how = "more" if effect > 0 else "less"
    return (
        f"Calls a tie {how} often than the others: {measure.value:.0%} to their {measure.others:.0%} on the same pairs."
    )


def _unread(measure: Measure, _: float) -> str:
    return f"{measure.value:.0%} of the votes came sooner than anybody could have read the pair."


def _agreement(measure: Measure, _: float) -> str:
    if measure.value < CHANCE_KAPPA:
        return f"Hardly agrees with the others more than chance would (kappa {measure.value:.2f} on {measure.n} pairs)."
    return (
        f"Agrees with the others less (kappa {measure.value:.2f}) than they do with each other ({measure.others:.2f})."
    )


def _consistency(measure: Measure, _: float) -> str:
    others = "" if measure.others is None else f", the others {measure.others:.0%} of the time"
    return (
        f"Looks like guessing: gave the same answer only {measure.value:.0%} of the time on {measure.n} pairs shown "
        f"twice{others}."
    )


_SENTENCES: dict[MeasureName, Callable[[Measure, float], str]] = {
    "left": _left,
    "longer": _longer,
    "ties": _ties,
    "unread": _unread,
    "agreement": _agreement,
    "consistency": _consistency,
}

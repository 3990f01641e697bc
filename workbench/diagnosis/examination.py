"""A run of the workspace on the doctor's table: findings, the alarm with examples, and the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.diagnosis.hacking import Alarm, Votes, hacking_alarm
from workbench.diagnosis.readings import Finding, Readings, Series
from workbench.diagnosis.rules import RULES, examine
from workbench.errors import NotFound
from workbench.runs.foreground import ENDED

if TYPE_CHECKING:
    from storage.runs import Run
    from workbench.workspace import Workspace

EVALUATIONS = (
    "eval/score",
    "eval/score_minimum",
    "eval/embedding_similarity",
    "eval/repetition",
    "eval/length",
)
OTHERS = ("objective/kl_coef", "learning_rate", "policy/approx_kl")
WHOLE_ENDS = 40
MOST_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Example:
    """A fixed prompt's answer before and now, where the score rose."""

    prompt: str
    before: str
    now: str
    score_before: float
    score_now: float
    what: str
    """What became of the text, in words."""


@dataclass(frozen=True, slots=True)
class Examination:
    """All that is wrong with a run now."""

    findings: tuple[Finding, ...]
    alarm: Alarm | None
    examples: tuple[Example, ...]
    checkpoint: int | None
    """The checkpoint to go back to: before the alarm where there is one, else the newest."""


def examine_run(ws: Workspace, run: Run, checkpoints: Sequence[int]) -> Examination:
    """Examine a run as it is now; ``checkpoints``: after which updates it has complete ones."""
    readings = readings_of(ws, run)
    alarm = hacking_alarm(readings.series, blind_votes(ws, run), ended=run.status in ENDED)
    examples = alarm_examples(ws, run.id, alarm) if alarm else ()
    back = [step for step in checkpoints if alarm is None or step <= alarm.before]
    return Examination(tuple(examine(readings)), alarm, examples, max(back, default=None))


def readings_of(ws: Workspace, run: Run) -> Readings:
    """The run's series, thinned in the middle where they are long, and its settings as they are now."""
    names = list(
        dict.fromkeys([*(rule.chart for rule in RULES), *EVALUATIONS, *OTHERS, "objective/score_disagreement"])
    )
    frame = ws.metrics.series(run.id, names, max_points=200, whole_ends=WHOLE_ENDS)
    series: dict[str, Series] = {}
    for name, rows in frame.groupby("name"):
        series[str(name)] = list(zip(rows["step"].tolist(), rows["value"].tolist(), strict=True))
    settings = dict(run.config.get("ppo") or {})
    settings |= {row.setting: row.after for row in ws.interventions.list(run.id) if row.setting != "pause"}
    return Readings(series, settings, _score_range(ws, run.config))


def _score_range(ws: Workspace, config: Mapping[str, Any]) -> tuple[float, float] | None:
    try:
        found = ws.runs.get(str(config.get("reward_model_id"))).summary.get("score_range")
    except NotFound:
        return None
    if not isinstance(found, list | tuple) or len(found) != 2:
        return None
    return float(found[0]), float(found[1])


def blind_votes(ws: Workspace, run: Run) -> Votes | None:
    """What people say of this run's policy against the model that it started from; None without votes."""
    from workbench.evaluation.bootstrap import proportion_interval
    from workbench.models.promotion import head_to_head

    start = ws.models.find(run.id)
    if start is None or start.parent_id is None:
        return None
    found = head_to_head(ws, run.id, start.parent_id)
    if not found.votes:
        return None
    return Votes(found.votes, found.wins / found.votes, proportion_interval(found.wins, found.votes)[1])


def alarm_examples(ws: Workspace, run_id: str, alarm: Alarm) -> tuple[Example, ...]:
    """The fixed prompts whose score rose most since before the alarm, with their texts then and now."""
    steps = ws.samples.fixed_steps(run_id)
    then = max((step for step in steps if step <= alarm.before), default=None)
    if then is None or then == steps[-1]:
        return ()
    before = {sample.prompt: sample for sample in ws.samples.list(run_id, fixed=True, step=then)}
    found = [
        Example(s.prompt, b.response, s.response, b.score, s.score, _what_changed(b.response, s.response))
        for s in ws.samples.list(run_id, fixed=True, step=steps[-1])
        if (b := before.get(s.prompt)) and s.score is not None and b.score is not None
        if b.response != s.response and s.score > b.score
    ]
    found.sort(key=lambda example: example.score_before - example.score_now)
    return tuple(found[:MOST_EXAMPLES])


def _what_changed(before: str, now: str) -> str:
    words_before, words = before.split(), now.split()
    parts = [f"{len(words_before)} → {len(words)} words"]
    if repeated := _repeated(words) - _repeated(words_before):
        parts.append(f"{repeated} more words that it had said before" if repeated > 0 else "fewer repeated words")
    kept = sum((Counter(words_before) & Counter(words)).values()) / max(len(words_before), 1)
    parts.append(f"{kept:.0%} of the earlier words are left")
    return " · ".join(parts)


def _repeated(words: Sequence[str]) -> int:
    return len(words) - len({word.lower() for word in words})

"""The reward-hacking alarm inside a run: what the evaluations have said, and the newest checkpoint without a sign."""

from __future__ import annotations

from pathlib import Path

from workbench.diagnosis.hacking import Alarm, hacking_alarm
from workbench.runs.event_log import read_events
from workbench.runs.events import Metric
from workbench.runs.run_dir import RunDir, read_json, write_json

_FILE = "watch.json"
SAFE = 3
"""Checkpoints that are kept so that one from before the alarm is there."""


class Watch:
    """Remembers the evaluations of a run, also over a resumption."""

    def __init__(self, run_dir: RunDir, up_to: int) -> None:
        """``up_to``: the update that the run goes on from; what was said of later ones is forgotten."""
        self._series: dict[str, dict[int, float]] = {}
        for step, values in _said(run_dir.events_path, up_to):
            self.add(step, values)
        newest = run_dir.latest_checkpoint()
        self.safe: list[int] = read_json(newest[1] / _FILE).get("safe", []) if newest else []
        """The newest checkpoints at which nothing contradicted the score; the alarm looks two evaluations back."""
        self._told = self.alarm() is not None

    def add(self, step: int, measures: dict[str, float]) -> None:
        """Take note of an evaluation; values that are not numbers are left out."""
        for name, value in measures.items():
            if name.startswith("eval/") and value == value:
                self._series.setdefault(name, {})[step] = value

    def alarm(self, *, ended: bool = False) -> Alarm | None:
        """What the evaluations so far add up to; ``ended``: no other will come."""
        return hacking_alarm({name: sorted(values.items()) for name, values in self._series.items()}, ended=ended)

    def news(self, *, ended: bool = False) -> Alarm | None:
        """The alarm, once for each time that it is raised."""
        alarm = self.alarm(ended=ended)
        new, self._told = alarm if not self._told else None, alarm is not None
        return new

    def keep(self, folder: Path, step: int) -> None:
        """Write into a checkpoint which ones are safe: this one too, unless the alarm is on."""
        if self.alarm() is None:
            self.safe = [*(kept for kept in self.safe if kept != step), step][-SAFE:]
        write_json(folder / _FILE, {"safe": self.safe})


def _said(path: Path, up_to: int) -> list[tuple[int, dict[str, float]]]:
    said: list[tuple[int, dict[str, float]]] = []
    offset = 0
    while True:
        events, offset = read_events(path, offset)
        if not events:
            return said
        said += [(event.step, event.values) for event in events if isinstance(event, Metric) and event.step <= up_to]

"""Steering a run while it goes on: what ``control.json`` may say, and how a worker follows it.

``control.json`` holds what is wanted; a worker reads it before every update:

===============  ==========================================================================
stop             true: write a checkpoint and leave
pause            true: write a checkpoint and wait until it is false
checkpoint       any number, such as the time: write a checkpoint once for each new one
kl_coef          a new KL coefficient
learning_rate    a new peak of the learning rate
===============  ==========================================================================

A new value takes effect at the next update and is written to ``steering.jsonl`` first. A run that goes back to a
checkpoint makes the same changes at the same updates again, so it ends as if it had never been interrupted.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.errors import InvalidInput
from workbench.runs.context import RunContext
from workbench.runs.events import Notice, Progress, Steered
from workbench.runs.run_dir import RunDir, read_json, write_json

SETTINGS = ("kl_coef", "learning_rate")
POLL_SECONDS = 0.2


class Control(BaseModel):
    """The content of ``control.json``; what is not understood is left alone."""

    model_config = ConfigDict(extra="ignore")

    stop: bool = False
    pause: bool = False
    checkpoint: float | None = None
    kl_coef: float | None = Field(None, ge=0, allow_inf_nan=False)
    learning_rate: float | None = Field(None, gt=0, lt=1)


def steer(run_dir: RunDir, **wanted: Any) -> None:
    """Write wishes into a run's ``control.json``, beside those that are there.

    Raises:
        InvalidInput: a value cannot be used; nothing is written.
    """
    try:
        Control.model_validate(wanted)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{first['loc'][0]}: {first['msg'].replace('Input should', 'must')}.") from None
    write_json(run_dir.control_path, read_json(run_dir.control_path) | wanted)


def pause_asked(run_dir: RunDir) -> bool:
    """Whether a run was told to pause, by a person or by its own alarm, and not yet to go on."""
    return read_json(run_dir.control_path).get("pause") is True


class Steering:
    """A worker's side: what to do before an update. One for each life of the worker."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._log = context.dir.path / "steering.jsonl"
        self._applied = _read(self._log)
        self._obeyed: dict[str, float] = {entry["setting"]: entry["value"] for entry in self._applied}
        self._refused: str | None = None
        self._checkpoint = self._control().checkpoint

    def changes(self, step: int, current: dict[str, float]) -> dict[str, float]:
        """New values of settings that take effect after ``step`` updates, where they differ from the current ones.

        Each new one is on disk, and told as an event, before this returns.
        """
        changes = {entry["setting"]: entry["value"] for entry in self._applied if entry["step"] == step}
        control = self._control()
        for setting in SETTINGS:
            value = getattr(control, setting)
            if setting not in current or value is None or value == self._obeyed.get(setting):
                continue
            self._obeyed[setting] = changes[setting] = value
            entry = {"step": step, "setting": setting, "value": value}
            self._applied = _with(self._applied, entry)
            _append(self._log, entry)
            self._context.emit(Steered(step=step, setting=setting, before=current[setting], after=value))
        return changes

    def checkpoint_wanted(self) -> bool:
        """Whether a checkpoint was asked for since the last time; says so once for each wish."""
        wish = self._control().checkpoint
        wanted, self._checkpoint = wish is not None and wish != self._checkpoint, wish
        return wanted

    def pause_wanted(self) -> bool:
        """Whether the run is to wait before its next update."""
        return self._control().pause

    def wait_while_paused(self, step: int, total: int, write_checkpoint: Callable[[], None]) -> None:
        """Return at once, or after a pause; a stop ends it too. What was reached is kept before it waits."""
        if not self._control().pause:
            return
        write_checkpoint()
        self._context.emit(Steered(step=step, setting="pause", before=0.0, after=1.0))
        self._context.emit(Progress(phase="paused", done=step, total=total))
        while self._control().pause and not self._context.stop_requested():
            time.sleep(POLL_SECONDS)
        self._context.emit(Steered(step=step, setting="pause", before=1.0, after=0.0))

    def _control(self) -> Control:
        content = self._context.control()
        try:
            return Control.model_validate(content)
        except ValidationError as error:
            problem = f"control.json was not followed: {error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}."
            if problem != self._refused:
                self._context.emit(Notice(message=problem))
            self._refused = problem
            return Control(stop=content.get("stop") is True)


def _read(log: Path) -> list[dict[str, Any]]:
    """The changes made so far; a torn last line was never followed."""
    entries: list[dict[str, Any]] = []
    if not log.exists():
        return entries
    for line in log.read_text(encoding="utf-8").split("\n")[:-1]:
        entries = _with(entries, json.loads(line))
    return entries


def _with(entries: list[dict[str, Any]], new: dict[str, Any]) -> list[dict[str, Any]]:
    """A change replaces what an earlier life of the run did to the same setting later on."""
    kept = [e for e in entries if e["setting"] != new["setting"] or e["step"] < new["step"]]
    return [*kept, new]


def _append(log: Path, entry: dict[str, Any]) -> None:
    with log.open("ab+") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)  # a kill may have torn the last line
        file.write(json.dumps(entry).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())

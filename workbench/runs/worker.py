"""The process that trains: ``python -m workbench.runs.worker RUN_DIR``.

It knows nothing of the database: it reads its folder and appends events. It ends with 0 when the run finished or
was stopped, 1 when it failed, EXIT_BUSY when another worker has the folder, EXIT_DISK_FULL when not even that
could be written.
"""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import cast

from workbench.errors import RunError, WorkbenchError
from workbench.runs.context import RunContext, StopRun
from workbench.runs.event_log import EventWriter
from workbench.runs.events import Failed, Finished, Started, Stopped
from workbench.runs.processes import creation_time
from workbench.runs.run_dir import RunDir, write_json

STAGES = {
    "sft": "workbench.sft.run:run",
    "pairs": "workbench.preferences.generate:run",
    "reward_model": "workbench.reward_model.run:run",
    "best_of_n": "workbench.reward_model.best_of_n:run",
    "ppo": "workbench.ppo.run:run",
    "evaluation": "workbench.evaluation.run:run",
    "dpo": "workbench.alternatives.dpo:run",
    "rloo": "workbench.alternatives.rloo:run",
    "verdict": "workbench.verdict.run:run",
}
"""Which function runs which kind of run."""

EXIT_FAILED = 1
EXIT_DISK_FULL = 28
EXIT_BUSY = 75

DISK_FULL = "The disk is full: free some space, then resume the run; it goes on from its last checkpoint."

Stage = Callable[[RunContext], Finished | Stopped]

_PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "rlhf-workbench")


def main(arguments: list[str]) -> int:
    """Runs the folder named by the only argument; returns the exit code."""
    if len(arguments) != 1:
        print("usage: python -m workbench.runs.worker RUN_DIR", file=sys.stderr)
        return 2
    run_dir = RunDir(Path(arguments[0]).resolve())
    try:
        writer = EventWriter(run_dir.events_path)
    except RunError as error:
        print(error, file=sys.stderr)
        return EXIT_BUSY
    context = RunContext(run_dir, writer)
    # Asked to leave, the stage writes a checkpoint first. A closed terminal is no reason to end.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: context.request_stop())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.nice(5)  # pages stay quick while a run takes all cores
    try:
        return run_stage(context)
    finally:
        context.close()


def run_stage(context: RunContext) -> int:
    """Runs the stage of the context's folder and writes how it ended; returns the exit code."""
    try:
        write_json(context.dir.worker_path, {"pid": os.getpid(), "pid_created": creation_time(os.getpid())})
        ended = _run(context)
        context.emit(ended)
    except Exception as error:
        traceback.print_exc()
        try:
            context.emit(Failed(message=_sentence(error)))
        except OSError:
            traceback.print_exc()
            return EXIT_DISK_FULL
        return EXIT_FAILED
    return 0


def _run(context: RunContext) -> Finished | Stopped:
    config = context.dir.config
    verify_data(context.dir, config.get("data", {}))
    context.dir.clear_unfinished()
    stage = _stage(str(config.get("kind")))
    resumed = context.dir.latest_checkpoint()
    context.emit(
        Started(
            pid=os.getpid(),
            device=_device(),
            resumed_from_step=resumed[0] if resumed else None,
            versions=_versions(),
        )
    )
    try:
        return stage(context)
    except StopRun as stop:
        return Stopped(step=stop.step)


def verify_data(run_dir: RunDir, hashes: dict[str, str]) -> None:
    """Raises RunError where a data file is missing or is not the one that the run was started with."""
    for name, expected in hashes.items():
        path = run_dir.data / name
        if not path.is_file():
            raise RunError(f"The run's data file {path} is missing: start a new run.")
        if run_dir.data_sha256(name) != expected:
            raise RunError(f"The run's data file {path} was changed since the run began: start a new run.")


def _stage(kind: str) -> Stage:
    if kind not in STAGES:
        raise RunError(f"There is no stage for runs of kind {kind!r}.")
    module, function = STAGES[kind].split(":")
    return cast(Stage, getattr(importlib.import_module(module), function))


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _versions() -> dict[str, str]:
    found = {"python": sys.version.split()[0]}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _sentence(error: BaseException) -> str:
    if isinstance(error, WorkbenchError):
        return str(error)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return DISK_FULL
        cause = cause.__cause__ or cause.__context__
    if type(error).__name__ == "OutOfMemoryError":  # torch's, whichever device it is from
        return "The device ran out of memory: choose a smaller batch or shorter texts and start a new run."
    if isinstance(error, MemoryError):
        return "The machine ran out of memory: choose a smaller batch or shorter texts and start a new run."
    first_line = (str(error).strip().splitlines() or [""])[0][:300]
    return f"The run failed with {type(error).__name__}: {first_line} (the whole story is in its log.txt)."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

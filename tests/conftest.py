"""Fixtures for all tests: a workspace of their own, runs with their folders, waiting with a deadline."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from storage.runs import Run, RunKind
from workbench.runs.run_dir import RunDir
from workbench.workspace import Workspace

MakeRunDir = Callable[..., RunDir]
MakeRun = Callable[..., Run]
WaitFor = Callable[..., None]

# Whether the tests pass must not depend on which examples are drawn, or on how busy the machine is.
settings.register_profile("same_every_time", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same_every_time"))


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Which workspaces tests open is not noted in the person's own list."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def blank_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed workspace without content; a copy of it opens twice as fast as a new one is made."""
    root = tmp_path_factory.mktemp("blank") / "workspace"
    Workspace.open(root).close()
    return root


@pytest.fixture
def workspace(tmp_path: Path, blank_workspace: Path) -> Iterator[Workspace]:
    """A new, open workspace in ``tmp_path / "workspace"``."""
    shutil.copytree(blank_workspace, tmp_path / "workspace")
    with Workspace.open(tmp_path / "workspace", owner="test") as opened:
        yield opened


@pytest.fixture
def make_run_dir(tmp_path: Path) -> MakeRunDir:
    """Makes ``runs/RUN_ID`` in the test's workspace with a ``config.json``; returns its RunDir."""

    def make(run_id: str = "sft-001", kind: str = "sft", config: dict[str, Any] | None = None) -> RunDir:
        run_dir = RunDir(tmp_path / "workspace" / "runs" / run_id)
        run_dir.data.mkdir(parents=True)
        run_dir.write_config(
            {"run_id": run_id, "kind": kind, "config": config or {}, "models": {}, "data": {}, "created_by": "test"}
        )
        return run_dir

    return make


@pytest.fixture
def make_run(workspace: Workspace, make_run_dir: MakeRunDir) -> MakeRun:
    """Adds a PENDING run with its folder; keyword arguments are the stage's settings."""

    def make(kind: RunKind = "sft", **config: Any) -> Run:
        run_id = workspace.runs.next_id(kind)
        make_run_dir(run_id, kind, config)
        run = Run(run_id, kind, run_id, "pending", f"runs/{run_id}", config, "test", datetime.now(UTC))
        workspace.runs.add(run)
        return run

    return make


@pytest.fixture
def wait_for() -> WaitFor:
    """Waits until a condition holds; fails the test after ``seconds``."""

    def wait(condition: Callable[[], object], seconds: float = 60.0, what: str = "the condition") -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"waited {seconds:g} s for {what}")
            time.sleep(0.02)

    return wait

"""Runs command lines in this process, in a workspace of the test's own."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from storage.runs import Run
from workbench.cli import main
from workbench.models.spec import ModelSpec
from workbench.workspace import Workspace


class Outcome(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Outcome]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def cli(root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    """Runs a command line in this process, in the test's workspace."""
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(root))
    monkeypatch.setenv("COLUMNS", "200")
    before = signal.getsignal(signal.SIGTERM)

    def run(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["workbench", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        code = ended.value.code
        return Outcome(0 if code is None else int(code), out, err)

    yield run
    signal.signal(signal.SIGTERM, before)


def finished_run(run_id: str = "sft-001", **fields: Any) -> Run:
    values = {"status": "finished", "summary": {"seconds": 1.5}} | fields
    return Run(
        run_id, "sft", run_id, directory="runs/x", config={}, created_by="me", created_at=datetime.now(UTC), **values
    )


def add_sft_model(root: Path) -> None:
    from storage.models import Model

    with Workspace.open(root) as ws:
        spec = ModelSpec(adapters=("runs/sft-001/final",)).model_dump(mode="json")
        ws.models.add(Model("sft-001", "sft-001", "sft", spec, "sft-001", "base", datetime.now(UTC)))

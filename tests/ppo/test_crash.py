"""kill -9 and a full disk leave no trace in the numbers: metrics, texts and weights, bit by bit."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.ppo.crashing_run import run
from workbench.runs.run_dir import RunDir


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Sums come out the same bit by bit only where they are added up in the same order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What a run that nothing happened to ends with."""
    return run(tmp_path_factory.mktemp("whole"))


def _process(folder: Path, *arguments: str) -> int:
    command = [sys.executable, "-m", "tests.ppo.crashing_run", str(folder), *arguments]
    return subprocess.run(command, check=False, timeout=120, env={**os.environ, "OMP_NUM_THREADS": "1"}).returncode


def test_killed_while_it_wrote_a_checkpoint(whole: dict[str, object], tmp_path: Path) -> None:
    assert _process(tmp_path, "4") == -9
    assert RunDir(tmp_path).complete_checkpoints().keys() == {2}
    assert _process(tmp_path) == 0
    assert json.loads((tmp_path / "end.json").read_text()) == whole


def test_a_disk_that_filled_up(whole: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save, room = torch.save, [1]

    def filling(*arguments: Any, **named: Any) -> None:
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        room.pop()
        save(*arguments, **named)

    monkeypatch.setattr(torch, "save", filling)
    with pytest.raises(OSError, match="No space left"):
        run(tmp_path)
    assert RunDir(tmp_path).complete_checkpoints().keys() == {2}
    room.extend([1] * 9)
    assert run(tmp_path) == whole

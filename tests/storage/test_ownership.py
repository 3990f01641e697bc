"""One owner process, and everybody else is told who it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage.test_vote_rows import add_pairs
from workbench.errors import StorageError, WorkspaceInUse
from workbench.workspace import BASE_MODEL_ID, Workspace, default_workspace

OPEN = """
import sys
from pathlib import Path
from workbench.errors import WorkbenchError
from workbench.workspace import Workspace
try:
    workspace = Workspace.open(Path(sys.argv[1]), owner="the intruder")
except WorkbenchError as error:
    print(type(error).__name__, error)
else:
    print("opened", flush=True)
    if "wait" in sys.argv:
        sys.stdin.read()
"""


def _other_process(root: Path) -> str:
    command = [sys.executable, "-c", OPEN, str(root)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def test_a_second_process_is_told_who_owns_the_workspace(workspace: Workspace) -> None:
    said = _other_process(workspace.root)
    assert said.startswith("WorkspaceInUse")
    assert "test" in said
    assert f"process {os.getpid()}" in said
    assert "--workspace" in said
    record = json.loads((workspace.root / "workbench.duckdb.lock").read_text())
    assert (record["pid"], record["owner"]) == (os.getpid(), "test")


def test_the_sidecar_holds_where_duckdbs_own_lock_has_vanished(workspace: Workspace) -> None:
    (workspace.root / "workbench.duckdb").open("rb").close()  # drops the POSIX lock of this process
    assert _other_process(workspace.root).startswith("WorkspaceInUse")


def test_the_same_process_cannot_open_it_twice(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceInUse, match=str(os.getpid())):
        Workspace.open(workspace.root)
    assert workspace.models.get(BASE_MODEL_ID).kind == "base"


def test_a_killed_owner_leaves_it_free(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN, str(tmp_path / "w"), "wait"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "opened\n"
        with pytest.raises(WorkspaceInUse, match=f"the intruder \\(process {owner.pid}\\)"):
            Workspace.open(tmp_path / "w")
        owner.kill()
    with Workspace.open(tmp_path / "w") as workspace:
        assert [model.id for model in workspace.models.list()] == [BASE_MODEL_ID]


def test_another_duckdb_program_is_noticed_too(tmp_path: Path) -> None:
    Workspace.open(tmp_path / "w").close()
    script = f"import duckdb, sys; c = duckdb.connect({str(tmp_path / 'w' / 'workbench.duckdb')!r}); "
    command = [sys.executable, "-c", script + "print('open', flush=True); sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout is not None
        assert shell.stdout.readline() == "open\n"
        with pytest.raises(WorkspaceInUse, match=str(shell.pid)):
            Workspace.open(tmp_path / "w")
        shell.kill()
    Workspace.open(tmp_path / "w").close()


def test_a_workspace_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be made"):
        Workspace.open(tmp_path / "file" / "w")


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        with Workspace.open(tmp_path / "w") as workspace:
            assert (workspace.root / "runs").is_dir()
            assert len(workspace.models.list()) == 1


def test_default_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_WORKSPACE", raising=False)
    assert default_workspace() == Path("workspace")
    monkeypatch.setenv("WORKBENCH_WORKSPACE", "/somewhere/else")
    assert default_workspace() == Path("/somewhere/else")


VOTE_FOR_EVER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from storage.votes import Vote
from workbench.workspace import Workspace
workspace = Workspace.open(Path(sys.argv[1]))
number = workspace.votes.count()
while True:
    vote = Vote(f"v{number}", "p0", f"annotator-{number}", "a", "a", False, None, datetime.now(UTC))
    workspace.votes.add(vote)
    print(vote.id, flush=True)
    number += 1
"""


def test_an_acknowledged_vote_survives_kills(workspace: Workspace) -> None:
    add_pairs(workspace, 1)
    workspace.close()
    acknowledged: set[str] = set()
    for votes in (1, 7, 20):
        command = [sys.executable, "-c", VOTE_FOR_EVER, str(workspace.root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            acknowledged.update(process.stdout.readline().strip() for _ in range(votes))
            process.kill()
            acknowledged.update(line.strip() for line in process.stdout if line.endswith("\n"))
    with Workspace.open(workspace.root) as reopened:
        kept = [vote.id for vote in reopened.votes.live()]
    assert acknowledged <= set(kept)
    assert kept == [f"v{number}" for number in range(len(kept))]
    assert len(kept) - len(acknowledged) <= 3  # at most one vote a kill was saved and not yet said

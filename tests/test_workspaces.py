"""Which workspaces there are on this machine, seen from outside: found, remembered, in use, and never opened."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workbench.workspace import Workspace
from workbench.workspaces import APP, known_workspaces, remember

GONE = 4_000_000
"""A process id that Linux never gives."""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "rlhf-workbench" / "workspaces.json"


def made(root: Path, *, pid: int = GONE, owner: str = APP, days_ago: int = 0) -> Path:
    """A folder that looks like a workspace from outside."""
    root.mkdir(parents=True)
    (root / "workbench.duckdb").write_bytes(b"")
    since = datetime.now(UTC) - timedelta(days=days_ago)
    record = {"pid": pid, "owner": owner, "since": since.isoformat()}
    (root / "workbench.duckdb.lock").write_text(json.dumps(record))
    return root


def test_those_in_the_same_folder_and_those_opened_before_are_found_newest_first(tmp_path: Path) -> None:
    here = made(tmp_path / "teams" / "sales", days_ago=2)
    beside = made(tmp_path / "teams" / "support", days_ago=1)
    elsewhere = made(tmp_path / "archive" / "pilot", days_ago=3)
    made(tmp_path / "archive" / "never opened")
    (tmp_path / "teams" / "notes").mkdir()
    remember(elsewhere)
    remember(tmp_path / "deleted since")
    assert [known.root for known in known_workspaces(here)] == [beside, here, elsewhere]


def test_who_has_it_open_is_said_and_only_the_app_has_an_address(tmp_path: Path) -> None:
    mine = os.getpid()
    served = made(tmp_path / "served", pid=mine)
    training = made(tmp_path / "training", pid=mine, owner="workbench demo")
    ended = made(tmp_path / "ended")
    for root in (served, training, ended):
        remember(root, "http://127.0.0.1:8501")
    found = {known.root: (known.holder, known.address) for known in known_workspaces(served)}
    assert found == {
        served: (APP, "http://127.0.0.1:8501"),
        training: ("workbench demo", None),
        ended: (None, None),
    }


def test_a_process_id_that_was_given_again_holds_nothing(tmp_path: Path) -> None:
    root = made(tmp_path / "old", pid=os.getpid(), days_ago=400)
    (known,) = known_workspaces(root)
    assert known.holder is None


def test_a_real_workspace_is_seen_while_it_is_open(workspace: Workspace) -> None:
    (known,) = known_workspaces(workspace.root)
    assert (known.root, known.holder) == (workspace.root, "test")


def test_the_list_holds_each_once_and_a_limited_number(tmp_path: Path, state: Path) -> None:
    for number in range(30):
        remember(tmp_path / str(number))
    remember(tmp_path / "25", "http://127.0.0.1:8502")
    entries = json.loads(state.read_text())["workspaces"]
    assert len(entries) == 20
    assert entries[0] == {"root": str(tmp_path / "25"), "address": "http://127.0.0.1:8502"}
    assert [entry["root"] for entry in entries].count(str(tmp_path / "25")) == 1


@pytest.mark.parametrize("content", ["", "[1]", '{"workspaces": 3}', '{"workspaces": [3, {"root": null}]}'])
def test_a_damaged_list_or_lock_hides_nothing_that_is_beside(tmp_path: Path, state: Path, content: str) -> None:
    root = made(tmp_path / "teams" / "sales")
    state.parent.mkdir(parents=True)
    state.write_text(content)
    (root / "workbench.duckdb.lock").write_text(content)
    (known,) = known_workspaces(root)
    assert (known.root, known.holder) == (root, None)


def test_a_home_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path, state: Path) -> None:
    state.parent.parent.write_text("a file where the folder should be")
    root = made(tmp_path / "teams" / "sales")
    remember(root)
    assert len(known_workspaces(root)) == 1
    shutil.rmtree(root)
    assert known_workspaces(root) == []

"""A disk that is full: one clear sentence, nothing half written, and all is well once there is space again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from workbench.workspace import Workspace

# A limit on the size of files stands for the full disk: it needs no rights and fails in the same calls.
FILL = """
import os, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from storage.demonstrations import Demonstration
from workbench.errors import StorageError
from workbench.workspace import Workspace

def rows(count, name):
    now = datetime.now(UTC)
    text = os.urandom(400).hex()
    return [Demonstration(f"{name}-{i}", f"{i} {text}", "yes", (), "", "me", "draft", "train", None, None, now, now)
            for i in range(count)]

workspace = Workspace.open(Path(sys.argv[1]))
workspace.demonstrations.add_many(rows(100, "before"))
database = Path(sys.argv[1]) / "workbench.duckdb"
limit = max(os.stat(path).st_size for path in (database, f"{database}.wal")) + 20_000
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
refused = 0
for attempt in range(5):
    try:
        workspace.demonstrations.add_many(rows(2000, f"big{attempt}"))
    except StorageError as error:
        assert str(error).startswith("The disk is full; nothing of this was saved."), error
        refused += 1
assert refused == 5, refused
assert workspace.demonstrations.count() == 100
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
workspace.demonstrations.add_many(rows(50, "after"))
assert workspace.demonstrations.count() == 150
os.kill(os.getpid(), 9)
"""


def test_a_full_disk_costs_nothing_but_the_refused_rows(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FILL, str(tmp_path / "w")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == -9, ended.stderr
    with Workspace.open(tmp_path / "w") as workspace:
        found = {row.id.split("-")[0] for row in workspace.demonstrations.list()}
        assert (workspace.demonstrations.count(), found) == (150, {"before", "after"})

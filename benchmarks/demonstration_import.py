"""How fast demonstrations come in: rows per second from a JSONL file to committed rows, and once more as duplicates."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from workbench.demonstrations.importing import import_demonstrations
from workbench.workspace import Workspace

ROWS = 10_000


def main() -> None:
    """Print the figures as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.jsonl"
        rows = ({"prompt": f"Where is room {i}?", "response": f"Room {i} is on floor {i % 9}."} for i in range(ROWS))
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        with Workspace.open(Path(folder) / "workspace", owner="benchmark") as ws:
            first, again = (_seconds(ws, file) for _ in range(2))
    print(json.dumps({"benchmark": "demonstration_import", "rows": ROWS, "first": first, "again": again}))


def _seconds(ws: Workspace, file: Path) -> dict[str, float]:
    began = time.perf_counter()
    report = import_demonstrations(ws, file, author="benchmark")
    seconds = time.perf_counter() - began
    return {"accepted": report.accepted, "seconds": seconds, "rows_per_second": ROWS / seconds}


if __name__ == "__main__":
    main()

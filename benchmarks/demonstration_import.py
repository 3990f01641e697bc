"""How fast a million demonstrations come in, beside DuckDB's own ``read_json`` into a table on the same file.

Pairs of both, one after the other on the same machine; the ratio is what counts. Peak memory is that of the
importing process and of the child that reads, for the whole file and for a tenth of it.
"""

from __future__ import annotations

import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from workbench.demonstrations.importing import import_demonstrations
from workbench.workspace import Workspace

ROWS = 1_000_000
PAIRS = 3
THINGS = [
    "department",
    "office",
    "printer",
    "badge",
    "parking",
    "gym",
    "canteen",
    "payroll",
    "laptop",
    "travel",
    "contract",
    "invoice",
    "supplier",
]
TOWNS = ["Boston", "Denver", "Lyon", "Köln", "Zürich", "Madrid", "Oslo", "Leeds", "Austin", "Gdańsk", "Porto", "Milan"]


def main() -> None:
    """Print the figures as JSON."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole, tenth = _write(folder / "whole.jsonl", ROWS), _write(folder / "tenth.jsonl", ROWS // 10)
        pairs = [(_read_json(folder, whole), _import(folder, whole)) for _ in range(PAIRS)]
        small = _import(folder, tenth)
    print(
        json.dumps(
            {
                "benchmark": "demonstration_import",
                "rows": ROWS,
                "read_json_seconds": [base for base, _ in pairs],
                "import_seconds": [taken["seconds"] for _, taken in pairs],
                "ratio": statistics.median(taken["seconds"] / base for base, taken in pairs),
                "peak_mib": {"whole": pairs[-1][1]["peak_mib"], "tenth": small["peak_mib"]},
            }
        )
    )


def _write(path: Path, rows: int) -> Path:
    draw = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            thing, town = draw.choice(THINGS), draw.choice(TOWNS)
            row = {
                "prompt": f"How do I reach the {thing} team in {town} about case {number}?",
                "response": f"Call extension {number % 9000 + 1000} in {town} between 9:00 and 17:00, ask for the "
                f"{thing} desk and mention case {number}; they answer within {number % 5 + 1} working days.",
                "tags": [thing],
                "source": f"handbook {number % 300}",
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def _read_json(folder: Path, file: Path) -> float:
    import duckdb

    database = folder / "base.duckdb"
    database.unlink(missing_ok=True)
    began = time.perf_counter()
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"CREATE TABLE rows AS SELECT * FROM read_json('{file}')")
    return time.perf_counter() - began


def _import(folder: Path, file: Path) -> dict[str, Any]:
    """The import in a process of its own, so that peak memory is its own too."""
    command = [sys.executable, "-m", "benchmarks.demonstration_import", str(folder), str(file)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def _measure(folder: Path, file: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as name, Workspace.open(Path(name), owner="benchmark") as ws:
        began = time.perf_counter()
        report = import_demonstrations(ws, file, author="benchmark")
        seconds = time.perf_counter() - began
    assert report.accepted == report.rows, report
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"seconds": seconds, "peak_mib": {"workspace": peaks[0], "child": peaks[1]}}))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        _measure(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
